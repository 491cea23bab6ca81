import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { packageConfig } from '../../vitest.shared.mjs';

const base = packageConfig('core', import.meta.dirname);
/** Its modules have another `node:path`, so it has a process of its own. */
const WINDOWS = 'src/windows.test.ts';

const project = (test: ViteUserConfig['test']) => ({
  ...base,
  test: { ...base.test, setupFiles: ['./testing/closed-spools.ts'], ...test },
});

export default defineConfig(
  project({
    projects: [
      project({ exclude: [...(base.test?.exclude ?? []), WINDOWS] }),
      project({ name: 'core on Windows', isolate: true, include: [WINDOWS] }),
    ],
  }),
);
