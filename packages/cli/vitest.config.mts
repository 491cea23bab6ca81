import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../../node_modules/.vite/packages/cli',
  resolve: { conditions: ['@stowage/source'] },
  ssr: {
    resolve: {
      conditions: ['@stowage/source', 'module', 'node', 'development|production'],
      externalConditions: ['@stowage/source', 'node'],
    },
  },
  test: {
    name: 'cli',
    watch: false,
    environment: 'node',
    include: ['{src,testing}/**/*.test.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: 'test-output/results.json' },
  },
});
