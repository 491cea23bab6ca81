import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../testing/base-image.js';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { packTar } from '../../archive/tar/pack-tar.js';
import { parseDefinition } from '../../definition/definition.js';
import type { Builder, BuildRequest, BuildingEngine } from '../../engine/engine.js';
import { contextRoots, listContext } from '../context/context.js';
import type { PlatformOptions } from '../make-options.js';
import { runDockerfile } from './run-dockerfile.js';

const FILES = {
  'd/f': '1',
  'd/s/g': '2',
  one: '3',
  link: '-> d',
  second: '-> link',
  leaf: '-> one',
};

/** The context that an engine gets: its members but for the Dockerfile, and the COPY lines of the Dockerfile. */
async function sent(
  copy: string,
  files: Readonly<Record<string, string>> = FILES,
  platform = { os: 'linux', architecture: 'amd64' },
) {
  const context = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(context, path)), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(context, path));
    else await writeFile(join(context, path), content);
  }
  const text = `project: app\nos: debian-12\nvariant: x\nbase: b\ncopy: [${copy}]\nrun: ['true']\n`;
  const definition = parseDefinition({ text, path: 'image.yaml' });
  const requests: string[][] = [];
  const engine: Pick<BuildingEngine, 'location' | 'platform' | 'builder' | 'build' | 'source'> = {
    location: 'engine:test',
    platform: async () => undefined,
    builder: async () => ({ kind: 'classic' }),
    build: async (request: BuildRequest) => {
      requests.push(await linesOf(packTar(request.context)));
      return { id: 'sha256:', digests: [] } as never;
    },
    source: async () => storeWith('app-debian-12-x:latest'),
  };
  await runDockerfile(definition, {
    context,
    files: await listContext(context, contextRoots(definition)),
    base: undefined,
    platform,
    epoch: 0,
    engine: async () => engine as BuildingEngine,
    spoolFolder: context,
    layersFolder: context,
  });
  return requests.flat().filter((line) => !line.startsWith('.stowage.Dockerfile '));
}

describe('the context of a generated Dockerfile', () => {
  it.each<readonly [string, readonly string[]]>([
    ['{ from: one, to: /x }', ['copy/0/one 644 0:0']],
    ['{ from: leaf, to: /x/ }', ['copy/0/leaf 644 0:0']],
    ['{ from: link/f, to: /x }', ['copy/0/f 644 0:0']],
    [
      '{ from: link, to: /x }',
      ['copy/0/ 755 0:0', 'copy/0/f 644 0:0', 'copy/0/s/ 755 0:0', 'copy/0/s/g 644 0:0'],
    ],
    [
      '{ from: second, to: /x, mode: "0750" }',
      ['copy/0/ 750 0:0', 'copy/0/f 750 0:0', 'copy/0/s/ 750 0:0', 'copy/0/s/g 750 0:0'],
    ],
    [
      '{ from: d/s, to: /x, mode: "1777" }, { from: d/f, to: /y }',
      ['copy/0/ 1777 0:0', 'copy/0/g 1777 0:0', 'copy/1/f 644 0:0'],
    ],
  ])('%s has %j', async (copy, members) => {
    expect(await sent(copy)).toEqual(members);
  });

  it('has an empty folder, as which the engine creates that of workdir', async () => {
    expect(await sent('{ from: one, to: /x }]\nworkdir: /w\nports: [80')).toEqual([
      'copy/0/one 644 0:0',
      'empty/ 755 0:0',
    ]);
  });

  it.each([
    ['{ from: d, to: /o }', '/o/.wh.x'],
    ['{ from: d/.wh.x, to: /o/ }', '/o/.wh.x'],
    ['{ from: one, to: /.wh..wh..opq }', '/.wh..wh..opq'],
  ])('%s is refused as %s, which would delete a file', async (copy, path) => {
    await expect(sent(copy, { 'd/.wh.x': '1', one: '2' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(JSON.stringify(path)) as unknown,
    });
  });
});

it.each<[Builder['kind'], object]>([
  ['buildkit', { SOURCE_DATE_EPOCH: '5' }],
  ['classic', {}],
  ['buildah', {}],
])('the times of an image that %s builds come from %j', async (kind, args) => {
  expect((await requestsFor(kind))[0]?.args).toEqual(args);
});

/** The requests that an engine gets for a Dockerfile, and more of its definition. */
async function requestsFor(
  kind: Builder['kind'],
  more = '',
  options: Pick<PlatformOptions, 'noCache' | 'pull'> = {},
): Promise<readonly BuildRequest[]> {
  const context = await temporaryFolder();
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\n');
  const text = `project: app\nos: debian-12\nvariant: x\ndockerfile: Dockerfile\n${more}`;
  const requests: BuildRequest[] = [];
  const engine: Pick<BuildingEngine, 'location' | 'platform' | 'builder' | 'build' | 'source'> = {
    location: 'engine:test',
    platform: async () => undefined,
    builder: async () => ({ kind }),
    build: async (request: BuildRequest) => {
      requests.push(request);
      return { id: 'sha256:', digests: [] } as never;
    },
    source: async () => storeWith('app-debian-12-x:latest'),
  };
  await runDockerfile(parseDefinition({ text, path: 'image.yaml' }), {
    context,
    files: await listContext(context, ['.']),
    base: undefined,
    platform: { os: 'linux', architecture: 'amd64' },
    epoch: 5,
    engine: async () => engine as BuildingEngine,
    spoolFolder: context,
    layersFolder: context,
    ...options,
  });
  return requests;
}

it('the engine gets what steps run with, and whether it uses its cache and pulls', async () => {
  const settings = 'add_hosts: [a:10.0.0.2]\nshm_size: 1k\nulimits: { nofile: 64 }\n';
  const [request] = await requestsFor('classic', settings, { noCache: true, pull: true });
  expect(request).toMatchObject({
    steps: {
      addHosts: [{ name: 'a', address: '10.0.0.2' }],
      shmSize: 1024,
      ulimits: [{ name: 'nofile', soft: 64, hard: 64 }],
    },
    noCache: true,
    pull: true,
  });
  expect((await requestsFor('classic'))[0]).toMatchObject({
    steps: {},
    noCache: false,
    pull: false,
  });
});

it('an image that the engine built for another platform is refused', async () => {
  const platform = { os: 'linux', architecture: 'arm64' };
  await expect(sent('{ from: one, to: /x }', FILES, platform)).rejects.toMatchObject({
    code: 'INVALID',
    message: 'app-debian-12-x: expected an image for linux/arm64, got linux/amd64',
  });
});
