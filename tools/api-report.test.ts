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
const TIMEOUT_MS = 300_000;

/** Types of the main entry point, which the others need not export again. */
const SHARED = new Set(exportsOf(apiReport({ folder: CORE, types: 'dist/index.d.ts' }).text).types);

describe.each([
  { module: '@stowage/core', types: 'dist/index.d.ts', name: 'core' },
  { module: '@stowage/core/definition', types: 'dist/definition/index.d.ts', name: 'definition' },
  { module: '@stowage/core/registry', types: 'dist/registry.d.ts', name: 'registry' },
])('the surface of $module', { timeout: TIMEOUT_MS }, ({ module, types, name }) => {
  const { text, problems } = apiReport({ folder: CORE, types });

  it('exports every type that its signatures use', () => {
    const isShared = (problem: string): boolean =>
      name !== 'core' && SHARED.has(/The symbol "(\w+)" needs/.exec(problem)?.[1] ?? '');
    expect(problems.filter((each) => !isShared(each))).toEqual([]);
  });

  // To update the report after an intended change: npm run api:report
  it('matches the report', async () => {
    await expect(text).toMatchFileSnapshot(join(CORE, `api/${name}.api.md`));
  });

  it('names the type of every object that its functions take or return', () => {
    expect(text.split('\n').filter((line) => /\(.*\{$|\): .*\{$/.test(line))).toEqual([]);
  });

  it('exports nothing unused', () => {
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

it('has documentation without TypeDoc warnings', { timeout: TIMEOUT_MS }, () => {
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
