import base from '../../eslint.package.mjs';

const WRITE =
  "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]";

export default [
  ...base,
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.test.ts', 'src/print/**', 'src/main.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: WRITE,
          message: 'Print through print/print.ts: it escapes what came from elsewhere.',
        },
      ],
    },
  },
];
