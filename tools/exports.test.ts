import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportsOf, importedFrom, isReached } from './exports.js';

const REPORT = `
export class Store {
}
export function open(options: OpenOptions): Store;
export interface OpenOptions {
}
export type Unused = string;
export const NAMES: readonly string[];
`;

it('reads the names of a report', () => {
  expect(exportsOf(REPORT)).toEqual({
    values: ['Store', 'open', 'NAMES'],
    types: ['OpenOptions', 'Unused'],
  });
});

it.each([
  ['OpenOptions', true],
  ['Unused', false],
  ['Open', false],
])('finds whether a signature uses %s', (type, expected) => {
  expect(isReached(type, REPORT)).toBe(expected);
});

it('finds multi-line, renamed and type imports, and those on demand', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-exports-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'a.ts'), "import {\n  a,\n  type B,\n  c as d,\n} from 'm';\n");
    writeFileSync(join(folder, 'b.mts'), "import type { E } from 'm';\nimport { f } from 'm/n';\n");
    writeFileSync(join(folder, 'h.ts'), "const { h, i } = await import('m');\n");
    writeFileSync(join(folder, 'node_modules/c.ts'), "import { g } from 'm';\n");
    expect([...importedFrom('m', [folder])].filter(Boolean).sort()).toEqual([
      ...['B', 'E', 'a', 'c'],
      ...['h', 'i'],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
