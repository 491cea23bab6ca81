import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../node_modules/.vite/tools',
  test: {
    name: 'tools',
    watch: false,
    environment: 'node',
    include: ['*.test.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: 'test-output/results.json' },
  },
});
