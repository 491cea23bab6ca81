import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { parseDefinition } from '../definition/definition.js';
import { digestOf } from '../oci/digest.js';
import { MediaType } from '../oci/media-types.js';
import { readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { compose } from './compose.js';
import { listContext } from './context/context.js';
import { hashInputs } from './inputs.js';
import { makeImage } from './make.js';
import type { Base } from './make-options.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';

async function context(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

async function make(folder: string, yaml: string, base?: Base) {
  const definition = parseDefinition({ text: HEAD + yaml, path: 'image.yaml' });
  await using source = await makeImage(definition, {
    context: folder,
    files: await listContext(folder),
    base,
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    epoch: 0,
    engine: () => Promise.reject(new Error('no engine is needed')),
    spoolFolder: folder,
    layersFolder: await temporaryFolder(),
  });
  const graph = await walk(source, (await source.resolve()).descriptor);
  const [image] = imagesOf(graph);
  const config = JSON.parse(
    Buffer.from(
      graph.documents.get(image?.configDescriptor.digest ?? 'sha256:')?.bytes ?? [],
    ).toString(),
  ) as Record<string, unknown>;
  for (const node of graph.nodes) await readContent(source, node);
  return { digest: graph.root.digest, graph, config };
}

/** The config of an image with settings on a base with this config. */
function composeOn(before: object): Record<string, unknown> {
  const text = `${HEAD}env: { A: b }\nworkdir: /w\nlabels: { l: "1" }\nports: [80]\n`;
  const { config } = compose(parseDefinition({ text, path: 'x' }), {
    base: { config: Buffer.from(JSON.stringify(before)), layers: [] },
    layer: undefined,
    platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    epoch: 0,
  });
  return JSON.parse(config.toString()) as Record<string, unknown>;
}

describe('a build without an engine', () => {
  it('gives the same digest for equal files with different times and modes', async () => {
    const yaml = 'copy: [{ from: files, to: /opt/app }]\n';
    const files = { 'files/a': 'one', 'files/sub/b': 'two', 'image.yaml': '# whatever' };
    const [one, two] = [await context(files), await context(files)];
    await utimes(join(two, 'files/a'), 1, 1);
    await chmod(join(two, 'files/a'), 0o600);
    await writeFile(join(two, 'image.yaml'), '# another comment');
    expect((await make(one, yaml)).digest).toBe((await make(two, yaml)).digest);
    await writeFile(join(two, 'files/a'), 'changed');
    expect((await make(one, yaml)).digest).not.toBe((await make(two, yaml)).digest);
  });

  it('makes one index with an image for each platform', async () => {
    const folder = await context({ a: 'x' });
    const definition = parseDefinition({
      text: `${HEAD}platforms: [linux/amd64, linux/arm64/v8]\ncopy: [{ from: a, to: /a }]\n`,
      path: 'image.yaml',
    });
    await using source = await makeImage(definition, {
      context: folder,
      files: await listContext(folder),
      base: undefined,
      platforms: definition.platforms,
      epoch: 0,
      engine: () => Promise.reject(new Error('no engine is needed')),
      spoolFolder: folder,
      layersFolder: await temporaryFolder(),
    });
    const graph = await walk(source, (await source.resolve(definition.reference)).descriptor);
    expect(imagesOf(graph).map(({ config }) => config.platform.architecture)).toEqual([
      'amd64',
      'arm64',
    ]);
    for (const node of graph.nodes) await readContent(source, node);
    expect(await source.has({ ...graph.root, digest: `sha256:${'0'.repeat(64)}` })).toBe(false);
  });

  it('overrides settings of the base with those of the definition', async () => {
    const folder = await context({ a: 'x' });
    const base = { source: await storeWith('base:1'), reference: 'base:1' };
    const { config, graph } = await make(
      folder,
      'copy: [{ from: a, to: /a, owner: "5:6", mode: "0600" }]\nenv: { B: "2", A: "1" }\nentrypoint: [/a]\nworkdir: /w\nuser: nobody\nlabels: { z: "1", y: "2" }\nports: [80]\n',
      base,
    );
    expect(config['config']).toEqual({
      Cmd: [],
      Env: ['B=2', 'A=1'],
      Entrypoint: ['/a'],
      WorkingDir: '/w',
      User: 'nobody',
      Labels: { y: '2', z: '1' },
      ExposedPorts: { '80/tcp': {} },
    });
    expect(imagesOf(graph)[0]?.layers).toHaveLength(3);
    expect(config['created']).toBe('1970-01-01T00:00:00Z');
  });

  it.each([
    [undefined, 'a/../b//', '/b'],
    ['/srv', 'a', '/srv/a'],
    ['/srv/', '../c/', '/c'],
    ['/srv', '/w/', '/w'],
  ])('with the working directory %j of the base and workdir: %j, has %j', (before, workdir, is) => {
    const definition = parseDefinition({
      text: `${HEAD}workdir: ${workdir}\nenv: { B: new }\nports: [80, 80-81/udp]\n`,
      path: 'x',
    });
    const settings = { Env: ['A', 'B=old', 'C=1=2'], WorkingDir: before };
    const { config } = compose(definition, {
      base: { config: Buffer.from(JSON.stringify({ config: settings })), layers: [] },
      layer: undefined,
      platform: { os: 'linux', architecture: 'amd64' },
      epoch: 0,
    });
    expect(JSON.parse(config.toString())).toMatchObject({
      config: {
        WorkingDir: is,
        Env: ['A', 'B=new', 'C=1=2'],
        ExposedPorts: { '80/tcp': {}, '80/udp': {}, '81/udp': {} },
      },
    });
  });

  it.each<readonly [string, object]>([
    ['Env', { Env: 'A=1' }],
    ['Env', { Env: [1] }],
    ['WorkingDir', { WorkingDir: ['/'] }],
    ['Labels', { Labels: 'a' }],
    ['ExposedPorts', { ExposedPorts: [80] }],
    ['Cmd', { Cmd: 'sh' }],
    ['User', { User: 0 }],
  ])('refuses a base whose config.%s is %j', (key, settings) => {
    expect(() => composeOn({ config: settings })).toThrow(
      new RegExp(`config of the base: config.${key} is not `),
    );
  });

  it('takes a base whose config has nulls', () => {
    const nulls = { Env: null, WorkingDir: null, Labels: null, Cmd: null, ExposedPorts: null };
    expect(composeOn({ config: nulls })['config']).toMatchObject({
      Env: ['A=b'],
      WorkingDir: '/w',
      Labels: { l: '1' },
    });
    expect(composeOn({ config: null })['config']).toMatchObject({ WorkingDir: '/w' });
  });

  it.each([
    [{}, { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    [
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'arm64' },
    ],
  ])('on a base with the platform %j has the platform %j', (before, after) => {
    const { os, architecture, variant } = composeOn(before);
    expect({ os, architecture, ...(variant === undefined ? {} : { variant }) }).toEqual(after);
  });

  it('keeps the Cmd of the base if the entrypoint does not change', async () => {
    const base = async () => ({ source: await storeWith('base:1'), reference: 'base:1' });
    const folder = await context({ a: 'x' });
    expect((await make(folder, 'env: { A: "1" }\n', await base())).config['config']).toMatchObject({
      Cmd: ['/file-0'],
    });
  });

  it.each([
    ['copy: [{ from: nope, to: /a }]\n', 'NOT_FOUND', /"nope" in the context/],
    ['copy: [{ from: a, to: a }]\n', 'USAGE', /absolute path/],
    ['copy: [{ from: a, to: /../a }]\n', 'USAGE', /has "\.\." in it/],
    ['copy: [{ from: a, to: /x }, { from: b, to: /x }]\n', 'CONFLICT', /\/x has two sources/],
    ['copy: [{ from: a, to: /x }, { from: b, to: /x/y }]\n', 'CONFLICT', /\/x has two sources/],
    ['env: { A: b }\n', 'USAGE', /neither copy: nor base:/],
    ['dockerfile: Dockerfile\n', undefined, /no engine is needed/],
  ])('refuses %j', async (yaml, code, message) => {
    const making = make(await context({ a: '1', b: '2' }), yaml);
    await expect(making).rejects.toThrow(message);
    if (code !== undefined) await expect(making).rejects.toMatchObject({ code });
  });
});

describe('a context', () => {
  it('excludes files that .dockerignore matches and lists links as links', async () => {
    const folder = await context({
      'a.txt': '1',
      'secret/key': '2',
      '.dockerignore': 'secret\r\n*.log\r\n!keep.log\r\n',
      'x.LOG': '',
      'x.log': '',
      'keep.log': '',
    });
    await symlink('a.txt', join(folder, 'link'));
    const files = await listContext(folder);
    expect(files.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'file .dockerignore',
      'file a.txt',
      'file keep.log',
      'symlink link',
      'file x.LOG',
    ]);
  });

  it('lists only the given roots', async () => {
    const folder = await context({
      'dist/a': '1',
      'node_modules/b': '2',
      'keep/out/c': '3',
      'keep/in': '4',
    });
    await writeFile(join(folder, '.dockerignore'), 'keep\n!keep/in\n');
    const paths = async (...roots: string[]) =>
      (await listContext(folder, roots)).map(({ path }) => path);
    expect(await paths('./dist/', 'absent')).toEqual(['dist', 'dist/a']);
    expect(await paths('dist/a', 'dist')).toEqual(['dist', 'dist/a']);
    expect(await paths('keep')).toEqual(['keep/in']);
    await expect(listContext(join(folder, 'absent'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('changes the hash of the inputs only if a used file changes', async () => {
    const folder = await context({ a: '1', b: '2' });
    const definition = parseDefinition({ text: `${HEAD}copy: [{ from: a, to: /a }]\n`, path: 'x' });
    const hash = async () =>
      hashInputs({
        definition,
        context: folder,
        files: await listContext(folder),
        base: undefined,
        epoch: 0,
        network: undefined,
        platforms: [{ os: 'linux', architecture: 'amd64' }],
      });
    const before = await hash();
    await writeFile(join(folder, 'b'), 'changed');
    expect(await hash()).toBe(before);
    await writeFile(join(folder, 'a'), 'changed');
    expect(await hash()).not.toBe(before);
  });
});

it('the config and the layers of a base are edited: their other fields stay', () => {
  const digest = digestOf(Buffer.from('layer'));
  const before = {
    'os.features': ['win32k'],
    os: 'windows',
    'os.version': '10.0.17763.1',
    architecture: 'amd64',
    'x-unknown': { a: 1 },
    author: 'ada',
    config: { Shell: ['cmd'] },
    rootfs: { type: 'layers', diff_ids: [digest] },
  };
  const foreign = {
    mediaType: MediaType.dockerForeignGzip,
    digest,
    size: 5,
    urls: ['https://x/1'],
  };
  const definition = parseDefinition({
    text: `${HEAD}base: b\nenv: { A: b }\n`,
    path: 'image.yaml',
  });
  const { config, manifest } = compose(definition, {
    base: { config: Buffer.from(JSON.stringify(before)), layers: [foreign] },
    layer: undefined,
    platform: { os: 'windows', architecture: 'amd64' },
    epoch: 0,
  });
  const after = JSON.parse(Buffer.from(config).toString()) as object;
  expect(Object.keys(after)).toEqual([...Object.keys(before), 'created', 'history']);
  expect(after).toMatchObject({ ...before, config: { Shell: ['cmd'], Env: ['A=b'] } });
  expect(JSON.parse(Buffer.from(manifest).toString())).toMatchObject({
    layers: [{ ...foreign, mediaType: MediaType.foreignGzip }],
  });
});
