import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../testing/base-image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDefinition } from '../../definition/definition.js';
import { contextRoots, listContext, selectFiles } from '../context/context.js';
import { makeLayer } from '../layer.js';
import { readContextFile, readSmallFile } from './context-file.js';
import { isModeLost, modeOf, readGitModes } from './file-modes.js';
import { lostModesNotice } from '../engine/lost-modes.js';

async function tree(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(folder, path));
    else await writeFile(join(folder, path), content);
  }
  return folder;
}

async function layerOf(context: string, copy: string): Promise<string[]> {
  const text = `project: app\nos: debian-12\nvariant: x\ncopy: [${copy}]\n`;
  const definition = parseDefinition({ text, path: 'image.yaml' });
  const files = await listContext(context, contextRoots(definition));
  const options = { copy: definition.copy, files, context, mtime: 0 };
  await using layer = await makeLayer({ ...options, spoolFolder: await temporaryFolder() });
  return await linesOf(layer.open());
}

describe('the mode of a file', () => {
  it.each([
    [0o644, 0o644, false],
    [0o664, 0o644, false],
    [0o666, 0o644, false],
    [0o755, 0o755, false],
    [0o744, 0o755, false],
    [0o654, 0o644, false],
    [0o600, 0o644, true],
    [0o640, 0o644, true],
    [0o444, 0o644, true],
    [0o700, 0o755, true],
    [0o4755, 0o755, true],
  ])('%o becomes %o, which is a loss: %s', (mode, expected, isLost) => {
    expect([modeOf(mode), isModeLost(mode)]).toEqual([expected, isLost]);
  });

  it('is equal whatever the umask, and as mode: says', async () => {
    const layers = new Set<string>();
    for (const [file, folder] of [
      [0o600, 0o700],
      [0o664, 0o2775],
      [0o644, 0o755],
    ] as const) {
      const context = await tree({ 'd/f': '1' });
      await chmod(join(context, 'd/f'), file);
      await chmod(join(context, 'd'), folder);
      layers.add((await layerOf(context, '{ from: d, to: /d }')).join());
      expect(await layerOf(context, '{ from: d, to: /d, mode: "4750" }')).toEqual([
        'd/ 4750 0:0',
        'd/f 4750 0:0',
      ]);
      expect(await layerOf(context, '{ from: d/f, to: /f, mode: "000" }')).toEqual(['f 0 0:0']);
    }
    expect([...layers]).toEqual(['d/ 755 0:0,d/f 644 0:0']);
  });

  it('is that of git on Windows, and 0755 outside git', async () => {
    const context = await tree({ 'sub/run': '1', 'sub/data': '2', 'sub/é\n': '3', 'sub/new': '4' });
    const git = (...args: string[]) => execFileSync('git', ['-C', context, ...args]);
    expect(await readGitModes(context)).toEqual(new Map());
    git('init', '--quiet');
    git('add', 'sub/run', 'sub/data', 'sub/é\n');
    git('update-index', '--chmod=+x', 'sub/run');
    const files = await listContext(join(context, 'sub'), ['.'], { platform: 'win32' });
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ['data', 0o644],
      ['new', 0o755],
      ['run', 0o755],
      ['é\n', 0o644],
    ]);
    await rm(join(context, '.git'), { recursive: true });
    const outside = await listContext(context, ['sub/data'], { platform: 'win32' });
    expect(outside.map(({ mode }) => mode)).toEqual([0o755]);
  });

  it('that is lost is named once', async () => {
    const context = await tree({ 'd/secret': '1', 'd/open': '1', su: '1' });
    await chmod(join(context, 'd/secret'), 0o600);
    await chmod(join(context, 'su'), 0o4755);
    const noticeFor = async (yaml: string) => {
      const text = `project: app\nos: debian-12\nvariant: x\n${yaml}\n`;
      const definition = parseDefinition({ text, path: 'image.yaml' });
      const files = await listContext(context, contextRoots(definition));
      return lostModesNotice(definition, files, context)?.text;
    };
    expect(await noticeFor('copy: [{ from: d, to: /a }, { from: d/secret, to: /b }]')).toBe(
      "app-debian-12-x: files in an image have git's mode, 0644 or 0755, so these do not keep theirs: d/secret (0600 becomes 0644); mode: in the entry of copy: sets another",
    );
    expect(await noticeFor('copy: [{ from: d, to: /a, mode: "0600" }]')).toBeUndefined();
    expect(await noticeFor('dockerfile: Dockerfile')).toMatch(
      /d\/secret \(0600 becomes 0644\), su \(04755 becomes 0755\); RUN chmod/,
    );
  });
});

describe('a link as copy.from', () => {
  const FILES = { 'real/f': '1', 'real/in': '-> f', one: '2' };

  it.each<readonly [string, string, readonly string[]]>([
    ['-> one', '{ from: link, to: /x }', ['x 644 0:0']],
    ['-> ./real/../one', '{ from: link, to: /x/ }', ['x/ 755 0:0', 'x/link 644 0:0']],
    ['-> real', '{ from: link, to: /x }', ['x/ 755 0:0', 'x/f 644 0:0', 'x/in -> f']],
    [
      '-> second',
      '{ from: link/, to: /x, owner: "5" }',
      ['x/ 755 5:5', 'x/f 644 5:5', 'x/in -> f'],
    ],
    ['-> real', '{ from: link/in, to: /x }', ['x 644 0:0']],
  ])('%s: %s copies what it leads to', async (link, copy, lines) => {
    const context = await tree({ ...FILES, link, second: '-> real' });
    expect(await layerOf(context, copy)).toEqual(lines);
  });

  it('stays a link inside a copied folder, also when it is copied by itself', async () => {
    const context = await tree({ 'd/link': '-> f', 'd/f': '1' });
    for (const copy of [
      '{ from: d, to: /d }, { from: d/link, to: /e }',
      '{ from: d/link, to: /e }, { from: d, to: /d }',
    ])
      expect(await layerOf(context, copy)).toEqual([
        ...['d/ 755 0:0', 'd/f 644 0:0', 'd/link -> f', 'e 644 0:0'],
      ]);
  });

  it('is followed to the context itself', async () => {
    const context = await tree({ f: '1', 'd/up': '-> ..' });
    const files = await listContext(context, ['d/up']);
    expect(selectFiles(files, 'd/up', context).map(({ path }) => path)).toEqual([
      'd/up/d',
      'd/up/d/up',
      'd/up/f',
    ]);
  });

  it.each([
    ['-> /etc/hostname', 'INVALID'],
    ['-> ../../etc/hostname', 'INVALID'],
    ['-> nothing', 'NOT_FOUND'],
    ['-> link', 'NOT_FOUND'],
    ['-> secret', 'NOT_FOUND'],
  ])('%s is refused as %s', async (link, code) => {
    const context = await tree({ link, secret: '1', '.dockerignore': 'secret\n' });
    await expect(layerOf(context, '{ from: link, to: /x }')).rejects.toMatchObject({ code });
  });
});

// Windows and macOS keep no such names.
describe.runIf(process.platform === 'linux')('names that are not UTF-8', () => {
  it('are kept byte by byte, in names and in targets of links', async () => {
    const context = await tree({ 'd/plain': '1' });
    const raw = (text: string) => Buffer.from(`${context}/${text}`, 'latin1');
    await mkdir(raw('d/\xfc'));
    await writeFile(raw('d/\xfc/\xff\xe9'), 'content');
    await writeFile(raw('d/\xfc/\xfe\xe9'), 'content');
    await symlink(Buffer.from('\xff\xe9', 'latin1'), raw('d/\xfc/link'));
    expect(await layerOf(context, '{ from: d, to: /d }')).toEqual([
      ...['d/ 755 0:0', 'd/plain 644 0:0', 'd/\udcfc/ 755 0:0', 'd/\udcfc/link -> \udcff\udce9'],
      ...['d/\udcfc/\udcfe\udce9 644 0:0', 'd/\udcfc/\udcff\udce9 644 0:0'],
    ]);
    const [file] = (await listContext(context)).filter(({ path }) => path.includes('\udcff'));
    if (!file) throw new Error('the file was listed');
    for await (const chunk of readContextFile(file))
      expect(Buffer.from(chunk).toString()).toBe('content');
    const whole = Buffer.alloc(file.size);
    readSmallFile(file, whole);
    expect(whole.toString()).toBe('content');
  });

  it.each(['\udcff', '\udcff/', '\udcff/secret', '\udcfe', 'inner/\udcff'])(
    'do not lead out of the context: %j',
    async (from) => {
      const context = await tree({ 'inner/f': '1' });
      const elsewhere = await tree({ secret: '1' });
      const link = (target: Buffer | string, name: string) =>
        symlink(target, Buffer.from(`${context}/${name}`, 'latin1'));
      await link(elsewhere, '\xff');
      await link(Buffer.from('\xff', 'latin1'), '\xfe');
      await link(elsewhere, 'inner/\xff');
      await expect(layerOf(context, `{ from: ${JSON.stringify(from)}, to: /x }`)).rejects.toThrow(
        /a symbolic link that leads out of/,
      );
    },
  );

  it('are followed inside the context', async () => {
    const context = await tree({ 'd/f': '1' });
    await symlink('d', Buffer.from(`${context}/\xff`, 'latin1'));
    expect(await layerOf(context, '{ from: "\\udcff", to: /x }')).toEqual([
      'x/ 755 0:0',
      'x/f 644 0:0',
    ]);
  });
});
