import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readImages } from './image.js';
import { Owners } from './owner.js';

const DEFINITION = 'project: app\nos: debian-12\nvariant: base\n';
const FILE = 'apps/app/images/base/image.yaml';

async function workspaceOf(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'stowage-images-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return {
    root,
    images: () =>
      readImages(
        Object.keys(files).filter((file) => file.endsWith('image.yaml')),
        root,
        new Owners({ workspaceRoot: root, isMarker: () => false, isPackage: () => true }),
      ),
  };
}

describe('an image of the project graph', () => {
  it('has its name, its folder and its owner', async () => {
    const { images } = await workspaceOf({ [FILE]: DEFINITION });
    expect(images()).toMatchObject([
      {
        file: FILE,
        root: 'apps/app/images/base',
        name: 'app-debian-12-base',
        owner: { root: 'apps/app' },
        definition: { variant: 'base' },
      },
    ]);
  });

  it('that is invalid has a name of its path, and no definition', async () => {
    const { images } = await workspaceOf({ [FILE]: 'project: [', 'images/x/image.yaml': '' });
    const [one, other] = images();
    expect([one?.name, other?.name]).toEqual(['app-base', 'workspace-x']);
    expect(one).not.toHaveProperty('definition');
  });

  it('that shares its name with another one has a name of its path', async () => {
    const { images } = await workspaceOf({
      [FILE]: DEFINITION,
      'libs/b/images/base/image.yaml': DEFINITION,
    });
    expect(images().map(({ name }) => name)).toEqual([
      'apps-app-images-base',
      'libs-b-images-base',
    ]);
  });

  it('has the lock of its base, if that is valid', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const lock = 'apps/app/images/base/image.lock.yaml';
    const { root, images } = await workspaceOf({
      [FILE]: DEFINITION,
      [lock]: `base: ubuntu:25.04\ndigest: ${digest}\n`,
    });
    expect(images()[0]?.lock).toEqual({ base: 'ubuntu:25.04', digest });
    await writeFile(join(root, lock), 'base: x\n');
    expect(images()[0]).not.toHaveProperty('lock');
  });

  it('is read again when its file changed', async () => {
    const { root, images } = await workspaceOf({ [FILE]: DEFINITION });
    const [first] = images();
    expect(images()[0]?.definition).toBe(first?.definition);
    await writeFile(join(root, FILE), DEFINITION.replace('base', 'other'));
    expect(images()[0]?.name).toBe('app-debian-12-other');
  });
});
