import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWorkspace } from '../workspace/workspace.js';
import { listedImages } from './listed-images.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-lists-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function read(paths: readonly string[], { stdin = '', env = {} } = {}) {
  const workspace = await openWorkspace(folder, { surroundings: { env, home: folder } });
  const notices: string[] = [];
  const images = await listedImages(workspace, paths, {
    cwd: folder,
    stdin: async function* () {
      yield Buffer.from(stdin);
    },
    onEvent: (event) => {
      if (event.type === 'notice') notices.push(event.text);
    },
  });
  return { images: images.map(({ image, usedBy }) => [image, ...usedBy]), notices };
}

const POD = (image: string) =>
  `{kind: Pod, metadata: {name: p}, spec: {containers: [{image: ${image}}]}}\n`;

it('reads files and standard input, each image once', async () => {
  await put({ 'list.txt': 'a\n', 'pod.yaml': POD('"docker.io/library/a:latest"') });
  const { images } = await read(['list.txt', '-', 'pod.yaml'], { stdin: 'b\n' });
  expect(images).toEqual([
    ['a', 'list.txt:1', 'Pod/p'],
    ['b', '-:1'],
  ]);
});

it('takes variables of a Compose file from the environment, then from .env', async () => {
  await put({
    'app/compose.yaml': 'services: { a: { image: "${A}:${B}" } }\n',
    'app/.env': '# versions\nA=app\nB="1"\n',
  });
  expect((await read(['app/compose.yaml'], { env: { B: '2' } })).images).toEqual([
    ['app:2', 'service/a'],
  ]);
});

it('reads the YAML files of a folder, and no link out of it', async () => {
  await put({
    'outside.yaml': POD('outside'),
    'all/b/pod.yml': POD('b'),
    'all/..data/c.yaml': POD('c'),
    'all/a.yaml': POD('a'),
    'all/values.yaml': 'x: 1\n',
    'all/readme.md': 'Nope',
    'all/node_modules/x.yaml': POD('x'),
    'all/.git/x.yaml': POD('x'),
  });
  await symlink('../outside.yaml', join(folder, 'all/link.yaml'));
  await symlink('..data/c.yaml', join(folder, 'all/c.yaml'));
  await symlink('none', join(folder, 'all/dangling.yaml'));
  await symlink('..', join(folder, 'all/up'));
  const { images, notices } = await read(['all']);
  expect(images).toEqual([
    ['a', 'Pod/p'],
    ['b', 'Pod/p'],
    ['c', 'Pod/p'],
  ]);
  expect(notices).toEqual([
    expect.stringMatching(/^all\/link\.yaml: a symbolic link/),
    expect.stringMatching(/^all\/up: a symbolic link/),
    expect.stringMatching(/^all\/values\.yaml:1: neither/),
  ]);
});

it('names the file and the line of a template in a folder', async () => {
  await put({ 'chart/templates/pod.yaml': `kind: Pod\nspec: {{ toYaml .Values.spec }}\n` });
  await expect(read(['chart'])).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining(
      'chart/templates/pod.yaml:2: a template with {{ … }}',
    ) as string,
  });
});

it('refuses what does not exist', async () => {
  await expect(read(['none.yaml'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await put({ file: 'a' });
  await expect(read(['file/x'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
