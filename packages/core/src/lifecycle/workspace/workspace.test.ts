import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import {
  archiveOf,
  checkConvention,
  keepConnections,
  lazyEngine,
  openEngine,
  openWorkspace,
} from './workspace.js';

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

it('keeps one engine of each kind for all calls, until the end', async () => {
  const workspace = await openWorkspace(await folderWith({ 'stowage.yaml': '' }));
  const open = async (host?: string) => {
    await using engine = lazyEngine(workspace, { engine: 'embedded', host });
    return await engine.get();
  };
  {
    await using _ = keepConnections(workspace);
    const first = await open();
    expect(await open()).toBe(first);
    expect(await open('other')).not.toBe(first);
  }
  expect(await open()).not.toBe(await open());
});

describe('a workspace', () => {
  it.each(['stowage.yaml', 'nx.json', '.git'])('begins at the nearest %s', async (marker) => {
    const root = await folderWith({ [marker]: '', 'a/b/x': '' });
    expect((await openWorkspace(join(root, 'a/b'))).root).toBe(root);
  });

  it('has its folders at the root, and others where the settings say', async () => {
    const root = await folderWith({
      'stowage.yaml': 'images: ../shared\narchives: [/far, near]\n',
    });
    const { place } = await openWorkspace(root);
    expect(place).toMatchObject({
      workspace: root,
      folder: join(root, '../shared'),
      state: join(root, '.stowage'),
      archives: ['/far', join(root, 'near')],
    });
  });

  it('has the settings of another file where one is named', async () => {
    const root = await folderWith({ 'stowage.yaml': '', 'other.yaml': 'images: x\n' });
    const { settings } = await openWorkspace(root, { config: 'other.yaml' });
    expect(settings.images).toBe('x');
    await expect(openWorkspace(root, { config: 'none.yaml' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('has the limits of its settings, and the defaults', async () => {
    const text = 'limits: { manifest: 1KiB, unpacked: 2GB, members: 7, json_depth: 8 }\n';
    const { limits } = await openWorkspace(await folderWith({ 'stowage.yaml': text }));
    expect(limits).toEqual({
      ...DEFAULT_LIMITS,
      manifestBytes: 1024,
      unpackedBytes: 2 * 1024 ** 3,
      members: 7,
      jsonDepth: 8,
    });
  });

  it.each(['.stowage', 'images'])('whose %s leads out of it is INVALID', async (name) => {
    const root = await folderWith({ 'stowage.yaml': '' });
    await symlink(await temporaryFolder(), join(root, name));
    await expect(openWorkspace(root)).rejects.toMatchObject({ code: 'INVALID' });
  });
});

describe('the archive of a name', () => {
  it('is in the folder of its project', async () => {
    const workspace = await openWorkspace(await folderWith({ 'stowage.yaml': '' }));
    const { folder } = workspace.place;
    expect(archiveOf(workspace, 'app-debian-12-base')).toBe(
      join(folder, 'app/app-debian-12-base.tar'),
    );
    expect(() => archiveOf(workspace, '../x')).toThrow(
      expect.objectContaining({ code: 'NAMING' }) as Error,
    );
  });

  it('fits the pattern of the settings', async () => {
    const text = "naming: { pattern: '-base$' }\n";
    const { settings } = await openWorkspace(await folderWith({ 'stowage.yaml': text }));
    expect(checkConvention(settings, 'app-debian-12-base', [])).toMatchObject({ project: 'app' });
    expect(() => checkConvention(settings, 'app-debian-12-x', [])).toThrow('naming.pattern');
  });
});

it('the engine is that of the options, else that of the settings, opened by its first user', async () => {
  const workspace = await openWorkspace(await folderWith({ 'stowage.yaml': 'engine: embedded\n' }));
  await using engine = await openEngine(workspace);
  expect(engine.kind).toBe('embedded');
  await using lazy = lazyEngine(workspace, { engine: 'embedded' });
  expect(lazy).toBeDefined();
});
