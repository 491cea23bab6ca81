import base from '../../eslint.package.mjs';

const WRITE =
  "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]";

export default [
  ...base,
  {
    files: ['src/**/*.ts'],
    // `serve` prints its log itself.
    ignores: ['src/**/*.test.ts', 'src/print/**', 'src/main.ts', 'src/commands/serve.ts'],
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
