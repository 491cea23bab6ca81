import * as jsoncParser from 'jsonc-eslint-parser';
import base from '../../eslint.package.mjs';

export default [
  ...base,
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.test.ts', 'src/log.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: '@nx/devkit',
          importNames: ['logger', 'output'],
          message: 'Print through log.ts: it escapes what came from elsewhere.',
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
