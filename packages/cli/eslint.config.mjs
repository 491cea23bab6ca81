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
            '{projectRoot}/testing/**/*',
          ],
        },
      ],
    },
  },
];
