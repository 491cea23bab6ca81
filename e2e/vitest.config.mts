import { defineConfig, mergeConfig } from 'vitest/config';
import { packageConfig } from '../vitest.shared.mjs';

export default defineConfig(
  mergeConfig(packageConfig('e2e', import.meta.dirname), {
    test: {
      globalSetup: ['./src/global-setup.ts'],
      // One Docker Engine, two cores.
      fileParallelism: false,
      testTimeout: 300_000,
      hookTimeout: 300_000,
    },
  }),
);
