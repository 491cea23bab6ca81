import * as jsoncParser from 'jsonc-eslint-parser';
import base from '../../eslint.config.mjs';

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
          ],
          // A peer through @nx/devkit, named so that its range is checked.
          ignoredDependencies: ['nx'],
        },
      ],
    },
  },
  {
    files: ['**/package.json', '**/executors.json', '**/generators.json'],
    languageOptions: { parser: jsoncParser },
    rules: { '@nx/nx-plugin-checks': 'error' },
  },
];
