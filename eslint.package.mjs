import * as jsoncParser from 'jsonc-eslint-parser';
import base from './eslint.config.mjs';

/** For packages that are published: their dependencies are those that they import. */
export default [
  ...base,
  {
    files: ['**/package.json'],
    languageOptions: { parser: jsoncParser },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: [
            '{projectRoot}/eslint.config.mjs',
            '{projectRoot}/vitest.config.mts',
            '{projectRoot}/src/**/*.test.ts',
            '{projectRoot}/testing/**/*',
          ],
          // `nx` is a peer through @nx/devkit, named so that its range is checked; the others are bundled.
          ignoredDependencies: ['nx', 'dockerode', 'docker-modem'],
        },
      ],
    },
  },
];
