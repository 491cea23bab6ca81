import { join } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';

/** How every package tests: on its source, and on that of the packages it uses. */
export function packageConfig(name: string, root: string): ViteUserConfig {
  const source = '@stowage/source';
  return {
    root,
    cacheDir: join(import.meta.dirname, 'node_modules/.vite', name),
    resolve: { conditions: [source] },
    ssr: {
      resolve: {
        conditions: [source, 'module', 'node', 'development|production'],
        externalConditions: [source, 'node'],
      },
    },
    test: {
      name,
      watch: false,
      environment: 'node',
      // For what hangs; no test is about how fast a machine is.
      testTimeout: 180_000,
      // Files of tests share a process: starting one for each took as long as the tests.
      isolate: false,
      unstubEnvs: true,
      // Tests say themselves in which CI system they are.
      env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', GITLAB_CI: '' },
      expect: { poll: { timeout: 10_000 } },
      // Not one fewer than there are cores: there are two where it counts.
      maxWorkers: '100%',
      include: ['**/*.test.ts'],
      exclude: ['dist', 'node_modules', 'out-tsc'],
      // What tools/test.mjs sums up.
      reporters: ['default', join(import.meta.dirname, 'tools/json-reporter.mjs')],
      outputFile: { json: 'test-output/results.json' },
    },
  };
}
