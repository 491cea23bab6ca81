import * as jsoncParser from 'jsonc-eslint-parser';
import base from '../../eslint.package.mjs';

export default [
  ...base,
  {
    files: ['**/package.json', '**/executors.json', '**/generators.json'],
    languageOptions: { parser: jsoncParser },
    rules: { '@nx/nx-plugin-checks': 'error' },
  },
];
