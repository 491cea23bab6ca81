import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import { packageConfig } from '../vitest.shared.mjs';

const SOURCES = join(import.meta.dirname, 'src');

/** Tests that ask for the engine that the set-up has started: they share it, one file after the other. */
const withEngine = readdirSync(SOURCES).filter(
  (name) =>
    name.endsWith('.test.ts') &&
    /inject\('(?:dockerHost|containerd)'\)/.test(readFileSync(join(SOURCES, name), 'utf8')),
);
const files = withEngine.map((name) => `src/${name}`);

/** All tests; with `--mode engine` those that share an engine, with `--mode rest` the others: each half takes a core. */
export default defineConfig(({ mode }) => {
  const isHalf = mode === 'engine' || mode === 'rest';
  const base = packageConfig('e2e', import.meta.dirname);
  // Lists are joined where configurations are merged.
  if (mode === 'engine' && base.test) base.test.include = files;
  return mergeConfig(base, {
    test: {
      globalSetup: ['./src/global-setup.ts'],
      fileParallelism: false,
      isolate: true,
      testTimeout: 300_000,
      hookTimeout: 300_000,
      ...(mode === 'rest' ? { exclude: files } : {}),
      ...(isHalf ? { name: mode, outputFile: { json: `test-output/${mode}.json` } } : {}),
    },
  });
});
