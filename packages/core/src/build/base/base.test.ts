import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baseImage, linesOf } from '../../../testing/base-image.js';
import type { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDefinition } from '../../definition/definition.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { walk } from '../../transfer/graph/walk.js';
import { contextRoots, listContext } from '../context/context.js';
import { makeImage } from '../make.js';

const USRMERGE = [
  ['usr/', 'usr/bin/', 'usr/bin/sh', 'bin -> usr/bin', 'sbin -> /bin', 'etc/', 'etc/passwd'],
  ['tmp/ 1777', 'home/', 'home/ci/ 700 1000:1000', 'srv/ 2775 0:50', 'loop -> loop/x'],
  ['a -> b', 'b -> ../../../c', 'c -> ./etc/../srv', 'lost -> /gone/here', 'cfg -> etc/passwd'],
];

interface Made {
  readonly files?: Readonly<Record<string, string>>;
  readonly layersFolder?: string;
  readonly base?: MemoryStore | undefined;
  readonly onEvent?: (event: { readonly text: string }) => void;
}

/** Builds on a base and returns the members of the layer that was added. */
async function build(
  copy: string,
  { files = {}, layersFolder, base, onEvent }: Made,
): Promise<string[]> {
  const context = await temporaryFolder();
  for (const [path, content] of Object.entries({ f: '1', 'd/f': '1', 'd/s/g': '2', ...files })) {
    await mkdir(dirname(join(context, path)), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(context, path));
    else await writeFile(join(context, path), content);
  }
  const text = `project: app\nos: debian-12\nvariant: x\ncopy: [${copy}]\n`;
  const definition = parseDefinition({ text, path: 'image.yaml' });
  await using source = await makeImage(definition, {
    context,
    files: await listContext(context, contextRoots(definition)),
    base: base && { source: base, reference: 'base:1' },
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    epoch: 0,
    engine: () => Promise.reject(new Error('no engine is needed')),
    spoolFolder: context,
    layersFolder: layersFolder ?? (await temporaryFolder()),
    onEvent,
  });
  const [image] = imagesOf(await walk(source, (await source.resolve()).descriptor));
  const layer = image?.layers.at(-1);
  if (!layer) throw new Error('the image has a layer');
  return await linesOf(source.read(layer));
}

const onUsrmerge = async (copy: string, files = {}) =>
  build(copy, { files, base: await baseImage('base:1', USRMERGE) });

describe('copy: on a base', () => {
  it.each<readonly [string, readonly string[]]>([
    ['{ from: f, to: /bin/tool }', ['usr/ 755 0:0', 'usr/bin/ 755 0:0', 'usr/bin/tool 644 0:0']],
    ['{ from: f, to: /sbin/ }', ['usr/ 755 0:0', 'usr/bin/ 755 0:0', 'usr/bin/f 644 0:0']],
    ['{ from: f, to: /bin }', ['usr/ 755 0:0', 'usr/bin/ 755 0:0', 'usr/bin/f 644 0:0']],
    ['{ from: f, to: /tmp/x }', ['tmp/ 1777 0:0', 'tmp/x 644 0:0']],
    ['{ from: f, to: /a/x }', ['srv/ 2775 0:50', 'srv/x 644 0:0']],
    ['{ from: f, to: /cfg }', ['etc/ 755 0:0', 'etc/passwd 644 0:0']],
    ['{ from: f, to: /lost }', ['gone/ 755 0:0', 'gone/here 644 0:0']],
    ['{ from: f, to: / }', ['f 644 0:0']],
    [
      '{ from: d, to: /home/ci, owner: "7" }',
      [
        'home/ 755 0:0',
        'home/ci/ 700 1000:1000',
        'home/ci/f 644 7:7',
        'home/ci/s/ 755 7:7',
        'home/ci/s/g 644 7:7',
      ],
    ],
    [
      '{ from: f, to: /srv/new/x/, owner: "7:8", mode: "4755" }',
      ['srv/ 2775 0:50', 'srv/new/ 755 7:8', 'srv/new/x/ 755 7:8', 'srv/new/x/f 4755 7:8'],
    ],
    [
      '{ from: d, to: /srv/d, mode: "0750" }',
      [
        'srv/ 2775 0:50',
        'srv/d/ 750 0:0',
        'srv/d/f 750 0:0',
        'srv/d/s/ 750 0:0',
        'srv/d/s/g 750 0:0',
      ],
    ],
    [
      '{ from: d, to: /o }, { from: f, to: /o/s }',
      ['o/ 755 0:0', 'o/f 644 0:0', 'o/s/ 755 0:0', 'o/s/f 644 0:0', 'o/s/g 644 0:0'],
    ],
  ])('%s adds %j', async (copy, lines) => {
    expect(await onUsrmerge(copy)).toEqual(lines);
  });

  it('merges a folder into folders and links of the base, and replaces links to files', async () => {
    const files = { 'r/bin/t': '1', 'r/etc/passwd': '2', 'r/cfg': '3', 'r/lnk': '-> etc' };
    expect(await onUsrmerge('{ from: r, to: / }', files)).toEqual([
      ...['cfg 644 0:0', 'etc/ 755 0:0', 'etc/passwd 644 0:0', 'lnk -> etc'],
      ...['usr/ 755 0:0', 'usr/bin/ 755 0:0', 'usr/bin/t 644 0:0'],
    ]);
  });

  it.each<readonly [string, RegExp]>([
    ['{ from: f, to: /loop }', /"\/loop" leads to a circle of links at/],
    [
      '{ from: d, to: /etc/passwd }',
      /copy to "\/etc\/passwd": the base has a file there, which a folder cannot/,
    ],
    [
      '{ from: f, to: /etc/passwd/ }',
      /copy to "\/etc\/passwd": the base has a file there, which a folder cannot/,
    ],
    [
      '{ from: f, to: /cfg/x }',
      /copy to "\/etc\/passwd": the base has a file there, which a folder cannot/,
    ],
    ['{ from: r, to: / }', /copy to "\/etc": the base has a folder there, which a file cannot/],
    [
      '{ from: q, to: /etc }',
      /copy to "\/etc\/passwd": the base has a file there, which a folder cannot/,
    ],
    ['{ from: f, to: /usr/bin/x }, { from: f, to: /bin/x }', /\/usr\/bin\/x has two sources/],
  ])('%s is refused', async (copy, message) => {
    const making = onUsrmerge(copy, { 'r/etc': '1', 'q/passwd/x': '1' });
    await expect(making).rejects.toThrow(message);
    await expect(making).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('refuses names that delete files of lower layers', async () => {
    for (const [copy, path] of [
      ['{ from: w, to: /o }', '/o/.wh.x'],
      ['{ from: f, to: /.wh..wh..opq }', '/.wh..wh..opq'],
    ] as const)
      await expect(onUsrmerge(copy, { 'w/.wh.x': '' })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(JSON.stringify(path)) as unknown,
      });
  });

  it.each<readonly [string, readonly (readonly string[])[], readonly string[]]>([
    ['a whiteout of a link', [['bin -> usr/bin'], ['.wh.bin']], ['bin/ 755 0:0', 'bin/x 644 0:0']],
    [
      'a whiteout and an entry of one name in one layer',
      [['bin -> usr'], ['.wh.bin', 'bin/ 700 1:1']],
      ['bin/ 700 1:1', 'bin/x 644 0:0'],
    ],
    [
      'a whiteout of a folder above',
      [['u/', 'u/v/ 700 3:3'], ['.wh.u'], ['bin -> u/v']],
      ['u/ 755 0:0', 'u/v/ 755 0:0', 'u/v/x 644 0:0'],
    ],
    [
      'an opaque folder',
      [['u/', 'u/v/ 700 3:3'], ['u/ 711', 'u/.wh..wh..opq'], ['bin -> u/v']],
      ['u/ 711 0:0', 'u/v/ 755 0:0', 'u/v/x 644 0:0'],
    ],
    [
      'a folder that became a link',
      [['bin/ 700'], ['bin -> ./o', 'o/ 1777']],
      ['o/ 1777 0:0', 'o/x 644 0:0'],
    ],
    [
      'a link that became a folder',
      [['bin -> usr/bin'], ['bin/ 700 4:4']],
      ['bin/ 700 4:4', 'bin/x 644 0:0'],
    ],
    ['a folder without an entry', [['bin/ 700'], ['./bin/sh']], ['bin/ 700 0:0', 'bin/x 644 0:0']],
    ['a folder that is only implied', [['/bin/sh']], ['bin/ 755 0:0', 'bin/x 644 0:0']],
    ['names that leave the root', [['../../bin -> ../../../o']], ['o/ 755 0:0', 'o/x 644 0:0']],
    [
      'names that are not UTF-8',
      [['\udcff/ 700', 'bin -> \udcff']],
      ['\udcff/ 700 0:0', '\udcff/x 644 0:0'],
    ],
  ])('honours %s', async (_, layers, lines) => {
    const base = await baseImage('base:1', layers);
    expect(await build('{ from: f, to: /bin/x }', { base })).toEqual(lines);
  });

  it.each<readonly [string, readonly string[]]>([
    ['/tmp', ['f 644 0:0']],
    ['/bin/x', ['f 644 0:0', 'usr/ 755 0:0', 'usr/bin/ 755 0:0', 'usr/bin/x/ 755 0:0']],
    ['/new/w', ['f 644 0:0', 'new/ 755 0:0', 'new/w/ 755 0:0']],
    ['relative', ['f 644 0:0', 'relative/ 755 0:0']],
    ['/f2', ['f 644 0:0', 'f2/ 755 0:0']],
  ])('has the folder of workdir: %s', async (workdir, lines) => {
    const copy = `{ from: f, to: / }]\nworkdir: ${workdir}\nuser: '5'\nports: [80`;
    expect(await onUsrmerge(copy)).toEqual(lines);
  });

  it.each(['/f', '/etc/passwd/x'])('refuses workdir: %s, where a file is', async (workdir) => {
    const making = onUsrmerge(`{ from: f, to: / }]\nworkdir: ${workdir}\nports: [80`);
    await expect(making).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('gives missing folders of an image without a base the owner of the copy', async () => {
    expect(await build('{ from: d, to: /tmp/d, owner: "5" }', {})).toEqual([
      ...['tmp/ 1777 5:5', 'tmp/d/ 755 5:5', 'tmp/d/f 644 5:5', 'tmp/d/s/ 755 5:5'],
      'tmp/d/s/g 644 5:5',
    ]);
  });
});

describe('the index of a layer', () => {
  const COPY = '{ from: f, to: /bin/x }';
  const EXPECTED = ['usr/ 755 0:0', 'usr/bin/ 755 0:0', 'usr/bin/x 644 0:0'];

  it.each(['none', 'gzip', 'zstd'] as const)('is made of a layer packed with %s', async (kind) => {
    const layersFolder = await temporaryFolder();
    const base = await baseImage('base:1', USRMERGE, { compression: kind });
    expect(await build(COPY, { base, layersFolder })).toEqual(EXPECTED);
    expect(await readdir(layersFolder)).toHaveLength(3);
    // The index is enough from now on.
    const [image] = imagesOf(await walk(base, (await base.resolve()).descriptor));
    for (const { digest } of image?.layers ?? []) base.blobs.set(digest, Buffer.from('gone'));
    expect(await build(COPY, { base, layersFolder })).toEqual(EXPECTED);
  });

  it.each<readonly [string, (index: string) => string]>([
    ['cut short', (index) => index.slice(0, -10)],
    ['empty', () => ''],
    ['changed', (index) => index.replace('"symlink"', '"folder"')],
    ['of an older version', (index) => index.replace('"version":1', '"version":0')],
    ['no lines of an index', () => '{"version":1,"digest":"sha256:x"}\n[]\n'],
  ])('is made anew when it is %s', async (_, change) => {
    const layersFolder = await temporaryFolder();
    const base = await baseImage('base:1', USRMERGE);
    await build(COPY, { base, layersFolder });
    const before = new Map<string, string>();
    for (const name of await readdir(layersFolder)) {
      const index = await readFile(join(layersFolder, name), 'utf8');
      before.set(name, index);
      await writeFile(join(layersFolder, name), change(index));
    }
    expect(await build(COPY, { base, layersFolder })).toEqual(EXPECTED);
    for (const [name, index] of before)
      expect(await readFile(join(layersFolder, name), 'utf8')).toBe(index);
  });

  it.each([0, 1])('is not kept if it cannot be written, with one notice (%i)', async (known) => {
    const layersFolder = join(await temporaryFolder(), 'layers');
    const base = await baseImage('base:1', USRMERGE);
    if (known === 0) await writeFile(layersFolder, 'a file is in the way');
    else await build(COPY, { base, layersFolder });
    const notices: string[] = [];
    const onEvent = (event: { readonly text: string }) => notices.push(event.text);
    expect(await build(COPY, { base, layersFolder, onEvent })).toEqual(EXPECTED);
    expect(notices).toEqual(
      known === 0
        ? [expect.stringMatching(/layers: indexes of the base's layers are not kept/)]
        : [],
    );
  });

  it('has the time of its last use', async () => {
    const layersFolder = await temporaryFolder();
    const base = await baseImage('base:1', USRMERGE);
    await build(COPY, { base, layersFolder });
    const paths = (await readdir(layersFolder)).map((name) => join(layersFolder, name));
    for (const path of paths) await utimes(path, 0, 0);
    await build(COPY, { base, layersFolder });
    for (const path of paths) expect((await stat(path)).mtimeMs).toBeGreaterThan(0);
  });

  it('is never made of damaged content, or of a layer that another diff ID is claimed for', async () => {
    const layersFolder = await temporaryFolder();
    const damaged = await baseImage('base:1', USRMERGE.slice(0, 1));
    const [image] = imagesOf(await walk(damaged, (await damaged.resolve()).descriptor));
    const digest = image?.layers[0]?.digest ?? 'sha256:';
    const bytes = Buffer.from(damaged.blobs.get(digest) ?? []);
    bytes.write('USR', 0);
    damaged.blobs.set(digest, bytes);
    const claimed = await baseImage('base:1', [['evil']], {
      compression: 'gzip',
      diffIds: [image?.config.diffIds[0] ?? 'sha256:'],
    });
    for (const base of [damaged, claimed]) {
      await expect(build(COPY, { base, layersFolder })).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(await readdir(layersFolder)).toEqual([]);
    }
    const missing = await baseImage('base:1', USRMERGE, { diffIds: [] });
    await expect(build(COPY, { base: missing, layersFolder })).rejects.toMatchObject({
      code: 'INVALID',
    });
  });
});
