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

const STANDALONE = 'src/standalone.test.ts';
/** Tests of the built command that are run on the file with Node.js, too: they load packages, start threads and processes. */
const onStandalone = ['completion', 'copy', 'mistyped', 'report', 'terminal', 'workers'];

/**
 * All tests of the built command; with `--mode engine` those that share an engine, with `--mode rest` the others: each half
 * takes a core. With `--mode standalone`, those of the file with Node.js.
 */
export default defineConfig(({ mode }) => {
  const isPart = ['engine', 'rest', 'standalone'].includes(mode);
  const base = packageConfig('e2e', import.meta.dirname);
  // Lists are joined where configurations are merged.
  if (mode === 'engine' && base.test) base.test.include = files;
  if (mode === 'standalone' && base.test)
    base.test.include = [STANDALONE, ...onStandalone.map((name) => `src/${name}.test.ts`)];
  return mergeConfig(base, {
    test: {
      globalSetup: ['./src/global-setup.ts'],
      fileParallelism: false,
      isolate: true,
      testTimeout: 300_000,
      hookTimeout: 300_000,
      exclude: [...(mode === 'rest' ? files : []), ...(mode === 'standalone' ? [] : [STANDALONE])],
      ...(isPart ? { name: mode, outputFile: { json: `test-output/${mode}.json` } } : {}),
    },
  });
});
