import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatTotal, type Total } from './total.js';

const cwd = join('/work', 'here');
const written = (path: string, files: number) =>
  ({ type: 'written', path: join(cwd, path), files, bytes: 273 * 1024 ** 2 }) as const;
const said = (total: Total, about: Partial<Parameters<typeof formatTotal>[1]>) =>
  formatTotal(total, { written: undefined, cwd, dryRun: false, milliseconds: 1849, ...about })
    ?.content;

it('sums up what was moved, where it is, and how long it took', () => {
  const many = { images: 20, bytes: 722 };
  expect(said(many, { written: written('medium/set.tar', 3) })).toBe(
    `20 images, 273 MB, 3 parts in ${join('medium', '/')}, 1.8 s\n`,
  );
  expect(said(many, { written: written('set.tar', 3) })).toBe(
    '20 images, 273 MB, 3 parts of set.tar, 1.8 s\n',
  );
  expect(said(many, { written: written('../set.tar', 1) })).toBe(
    `20 images, 273 MB, ${join('/work', 'set.tar')}, 1.8 s\n`,
  );
  expect(said(many, {})).toBe('20 images, 722 B, 1.8 s\n');
  expect(said(many, { dryRun: true })).toBe('20 images, ≤ 722 B, nothing was done\n');
  expect(said({ ...many, images: 1 }, {})).toBeUndefined();
  expect(said({ ...many, images: 1 }, { written: written('x/set.tar', 2) })).toMatch(/^1 image, /);
});
