import { describe, expect, it } from 'vitest';
import { copiedFiles } from './copied-files.js';
import type { ContextFile } from '../source-files/context-file.js';

const file = (path: string, type: ContextFile['type'] = 'file') =>
  ({ path, type, mode: 0o644, size: 1 }) as ContextFile;
const FILES = [
  file('app', 'directory'),
  file('app/main.js'),
  file('app/lib', 'directory'),
  file('app/lib/x.js'),
  file('apple'),
  file('top'),
];
const copied = (from: string) => {
  const { isFolder, files, nameOf } = copiedFiles({ from, to: '/opt' }, FILES, '/context');
  return { isFolder, names: files.map(nameOf) };
};

describe('the files of a copy', () => {
  it.each(['app', './app', 'app/'])('of the folder %s have paths below it', (from) => {
    expect(copied(from)).toEqual({ isFolder: true, names: ['', 'main.js', 'lib', 'lib/x.js'] });
  });

  it.each([
    ['top', 'top'],
    ['app/main.js', 'main.js'],
    ['app/lib/x.js', 'x.js'],
  ])('of the file %s have its name', (from, name) => {
    expect(copied(from)).toEqual({ isFolder: false, names: [name] });
  });

  it('of the whole context keep their paths', () => {
    expect(copied('.').names).toEqual(FILES.map(({ path }) => path));
  });

  it('that are not there are NOT_FOUND', () => {
    expect(() => copied('absent')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }) as Error);
  });
});
