import { describe, expect, it } from 'vitest';
import type { ImageEntry } from './layer-entries.js';
import { LayerMembers } from './layer-members.js';

const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const FILE = { size: 0, mode: 0o644, open: () => [] };

function entry(path: string, more: Partial<ImageEntry> = {}): readonly [string, ImageEntry] {
  return [path, { path, type: 'folder', mode: 0o755, uid: 0, gid: 0, link: '', ...more }];
}

const BASE = new Map<string, ImageEntry>([
  entry(''),
  entry('srv', { mode: 0o2775, gid: 50 }),
  entry('usr'),
  entry('usr/bin'),
  entry('usr/bin/sh', { type: 'file' }),
  entry('bin', { type: 'symlink', link: 'usr/bin' }),
  entry('cfg', { type: 'symlink', link: 'usr/bin/sh' }),
]);

const onBase = () =>
  new LayerMembers({ base: (path) => BASE.get(path), context: '/context', mtime: 7 });
const onScratch = () => new LayerMembers({ base: undefined, context: '/context', mtime: 7 });
const linesOf = (members: LayerMembers) =>
  members
    .sorted()
    .map(({ name, mode = 0, uid = 0, gid = 0 }) => `${name} ${mode.toString(8)} ${uid}:${gid}`);

describe('the place of a file', () => {
  it.each([
    ['/opt/x', 'opt/x'],
    ['/opt/', 'opt/f'],
    ['/srv', 'srv/f'],
    ['/bin', 'usr/bin/f'],
    ['/bin/', 'usr/bin/f'],
    ['/usr/./bin//tool', 'usr/bin/tool'],
    ['/cfg', 'usr/bin/sh'],
    ['/', 'f'],
  ])('at %s is %s', (to, expected) => {
    expect(onBase().fileTarget(to, 'f')).toBe(expected);
  });

  it.each([
    ['opt', 'USAGE'],
    ['/opt/../x', 'USAGE'],
    ['/usr/bin/sh/', 'CONFLICT'],
    ['/usr/bin/sh/x', 'CONFLICT'],
  ])('at %s is refused: %s', (to, expected) => {
    expect(() => onBase().fileTarget(to, 'f')).toThrow(code(expected));
  });

  it('below a target replaces a link, and never a folder', () => {
    expect(onBase().place('cfg', false)).toBe('cfg');
    expect(onBase().place('bin', true)).toBe('usr/bin');
    expect(() => onBase().place('srv', false)).toThrow(code('CONFLICT'));
    expect(() => onBase().place('usr/bin/sh', true)).toThrow(code('CONFLICT'));
  });

  it('of a folder is a folder of the base, or a new one', () => {
    expect([onBase().folderTarget('/bin'), onBase().folderTarget('/new/x/')]).toEqual([
      'usr/bin',
      'new/x',
    ]);
    expect(() => onBase().folderTarget('/cfg')).toThrow(code('CONFLICT'));
  });
});

describe('the members of a layer', () => {
  it('repeat the folders of the base with their owner and mode; new ones have that of the copy', () => {
    const members = onBase();
    members.addFile('srv/new/f', { ...FILE, uid: 5, gid: 6 }, { uid: 5, gid: 6, mode: 0o600 });
    expect(linesOf(members)).toEqual(['srv/ 2775 0:50', 'srv/new/ 755 5:6', 'srv/new/f 644 5:6']);
    expect(members.sorted().every(({ mtime }) => mtime === 7)).toBe(true);
  });

  it('on scratch have folders of the owner of the copy, /tmp and /root with their usual modes', () => {
    const members = onScratch();
    members.addFile('tmp/f', FILE, { uid: 5 });
    members.addFile('root/f', FILE, {});
    expect(linesOf(members).filter((line) => line.includes('/ '))).toEqual([
      'root/ 700 0:0',
      'tmp/ 1777 5:0',
    ]);
  });

  it('keep the mode of a folder of the base that is copied, and set that of a new one', () => {
    const members = onBase();
    members.addFolder('srv', { mode: 0o700, uid: 9 });
    members.addFolder('new', { mode: 0o700, uid: 9 });
    expect(linesOf(members)).toEqual(['new/ 700 9:0']);
  });

  it('go through links that the layer itself added', () => {
    const members = onBase();
    members.addFile('now', { ...FILE, type: 'symlink', linkname: 'srv' }, {});
    expect(members.folderTarget('/now')).toBe('srv');
    members.addFile('file', FILE, {});
    expect(() => members.folderTarget('/file')).toThrow('/file has two sources');
  });

  it('are one for each path', () => {
    const members = onBase();
    members.addFile('f', FILE, {});
    expect(() => members.addFile('f', FILE, {})).toThrow(code('CONFLICT'));
  });

  it.each(['.wh.x', 'a/.wh..wh..opq', '.wh.dir/x'])('are no whiteouts: %s', (path) => {
    expect(() => onBase().addFile(path, FILE, {})).toThrow(code('UNSUPPORTED'));
  });
});
