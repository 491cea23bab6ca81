import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { packageConfig } from '../../vitest.shared.mjs';

const base = packageConfig('core', import.meta.dirname);
/** The file whose modules have another `node:path`. */
const WINDOWS = 'src/windows.test.ts';

const project = (test: ViteUserConfig['test']) => ({ ...base, test: { ...base.test, ...test } });

// Files of tests share a process, but for that one: starting a process for each took as long as the tests.
export default defineConfig(
  project({
    projects: [
      project({ isolate: false, exclude: [...(base.test?.exclude ?? []), WINDOWS] }),
      project({ name: 'core on Windows', include: [WINDOWS] }),
    ],
  }),
);
