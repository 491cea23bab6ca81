import { describe, expect, it } from 'vitest';
import type { ImageEntry } from './layer-entries.js';
import { resolvePath } from './resolve-path.js';

/** Entries by path: a folder ends with a slash, a link has a target. */
function entriesOf(...lines: readonly string[]) {
  const entries = new Map<string, ImageEntry>();
  for (const line of lines) {
    const [path = '', link = ''] = line.split(' -> ');
    const type = link !== '' ? 'symlink' : path.endsWith('/') ? 'folder' : 'file';
    const plain = path.replace(/\/$/, '');
    entries.set(plain, { path: plain, type, mode: 0o755, uid: 0, gid: 0, link });
  }
  return (path: string) => entries.get(path);
}

const ROOT = entriesOf(
  'usr/',
  'usr/bin/',
  'usr/bin/sh',
  'bin -> usr/bin',
  'abs -> /usr/bin',
  'up -> ../../../usr',
  'file -> usr/bin/sh',
  'lost -> gone/here',
  'loop -> loop',
  'a -> b',
  'b -> a',
);

describe('a path in an image', () => {
  it.each([
    ['usr/bin/sh', 'usr/bin/sh', 'file'],
    ['bin/sh', 'usr/bin/sh', 'file'],
    ['abs/sh', 'usr/bin/sh', 'file'],
    ['up/bin', 'usr/bin', 'folder'],
    ['file', 'usr/bin/sh', 'file'],
    ['lost', 'gone/here', undefined],
    ['lost/x', 'gone/here/x', undefined],
    ['bin/../lib', 'usr/lib', undefined],
    ['usr/./bin//', 'usr/bin', 'folder'],
    ['../../usr', 'usr', 'folder'],
    ['', '', undefined],
    ['new/deep/file', 'new/deep/file', undefined],
  ])('%s leads to %s', (written, path, type) => {
    const found = resolvePath(ROOT, written);
    expect([found.path, found.entry?.type, found.isBlocked]).toEqual([path, type, false]);
  });

  it('keeps a link at its end where that is asked for, and no other', () => {
    expect(resolvePath(ROOT, 'abs', { followLast: false })).toMatchObject({ path: 'abs' });
    expect(resolvePath(ROOT, 'abs/file', { followLast: false })).toMatchObject({
      path: 'usr/bin/file',
    });
  });

  it('through a file is blocked there', () => {
    expect(resolvePath(ROOT, 'bin/sh/x/y')).toMatchObject({
      path: 'usr/bin/sh',
      entry: { type: 'file' },
      isBlocked: true,
    });
  });

  it.each(['loop', 'a', 'a/x', 'usr/../b'])('in a loop of links is a CONFLICT: %s', (written) => {
    expect(() => resolvePath(ROOT, written)).toThrow(
      expect.objectContaining({ code: 'CONFLICT' }) as Error,
    );
  });

  it('follows at most 40 links, of at most 4096 characters', () => {
    const chain = Array.from(
      { length: 41 },
      (_, at) => `l${at} -> ${at === 0 ? 'end' : `l${at - 1}`}`,
    );
    expect(resolvePath(entriesOf(...chain), 'l39').path).toBe('end');
    expect(() => resolvePath(entriesOf(...chain), 'l40')).toThrow('a circle of links');
    const long = entriesOf(`l -> ${'x/'.repeat(2049)}`);
    expect(() => resolvePath(long, 'l')).toThrow('a circle of links');
  });
});
