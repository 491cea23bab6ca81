import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiReport } from './api-report.js';
import { exportsOf, importedFrom, isReached } from './exports.js';

const ROOT = join(import.meta.dirname, '..');
const CORE = join(ROOT, 'packages/core');
const USERS = ['packages/cli/src', 'packages/images/src', 'e2e/src', 'examples'].map((folder) =>
  join(ROOT, folder),
);
const TIMEOUT = 300_000;

describe.each([
  { module: '@stowage/core', types: 'dist/index.d.ts', name: 'core' },
  { module: '@stowage/core/definition', types: 'dist/definition/index.d.ts', name: 'definition' },
])('the surface of $module', { timeout: TIMEOUT }, ({ module, types, name }) => {
  const { text, problems } = apiReport({ folder: CORE, types });

  it('has every type that its signatures reach', () => {
    expect(problems).toEqual([]);
  });

  // After a change that is meant: npm run api:report
  it('is that of the report', async () => {
    await expect(text).toMatchFileSnapshot(join(CORE, `api/${name}.api.md`));
  });

  it('has a name for every object that its functions take or give', () => {
    expect(text.split('\n').filter((line) => /\(.*\{$|\): .*\{$/.test(line))).toEqual([]);
  });

  it('has nothing that nobody uses', () => {
    const readme = readFileSync(join(CORE, 'README.md'), 'utf8');
    const imported = importedFrom(module, USERS);
    const { values, types } = exportsOf(text);
    expect(values.length).toBeGreaterThan(10);
    expect(values.filter((each) => !imported.has(each) && !readme.includes(`\`${each}\``))).toEqual(
      [],
    );
    expect(types.filter((each) => !imported.has(each) && !isReached(each, text))).toEqual([]);
  });
});

it('is documented: TypeDoc finds no fault', { timeout: TIMEOUT }, () => {
  const out = mkdtempSync(join(tmpdir(), 'stowage-typedoc-'));
  try {
    const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [typedoc, '--out', out, '--logLevel', 'Warn'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
