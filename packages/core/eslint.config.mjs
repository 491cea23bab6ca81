import base from '../../eslint.package.mjs';

const GIVEN = 'it comes in through Surroundings (surroundings.ts) or an option';
const CLOCK = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: GIVEN },
  { selector: 'CallExpression[callee.name="Date"]', message: GIVEN },
];

/** Without `return` and `throw`, an iterator is not closed, or a caller's error becomes a TypeError. */
const ITERATORS = {
  selector:
    'ObjectExpression > Property[key.object.name="Symbol"][key.property.name=/^(asyncI|i)terator$/]',
  message: 'write a generator: it has `return` and `throw`',
};

const FLAG = '/(^|[\\s(`])--[a-z]/';
const COMMAND = '/\\bstowage [a-z]/';
const NAMED =
  'Core knows no command line: name options and verbs with wording`…` (wording.ts), so that each program words them.';
const TEXTS = [
  // A flag alone in an array is an argument for another program.
  `:not(ArrayExpression) > Literal[value=${FLAG}]`,
  `Literal[value=${COMMAND}]`,
  ...[FLAG, COMMAND].map((text) => `TemplateElement[value.raw=${text}]`),
].map((selector) => ({ selector, message: NAMED }));

export default [
  ...base,
  {
    // The library takes the environment, home folder, clock and standard input only where it is called.
    files: ['src/**/*.ts'],
    ignores: ['src/surroundings.ts', 'src/disk/touch.ts', 'src/**/*.test.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['argv', 'cwd', 'env', 'stdin', 'stdout', 'stderr'].map((property) => ({
          object: 'process',
          property,
          message: GIVEN,
        })),
        { object: 'Date', property: 'now', message: GIVEN },
      ],
      'no-restricted-syntax': ['error', ...CLOCK, ...TEXTS, ITERATORS],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:fs/promises',
              importNames: ['rename', 'rm', 'rmdir', 'unlink'],
              message:
                'Windows refuses these while a program has the file open: disk/busy/retried.ts.',
            },
            ...['node:process', 'process'].map((name) => ({ name, message: GIVEN })),
            ...['node:os', 'os'].map((name) => ({
              name,
              importNames: ['homedir', 'tmpdir', 'userInfo'],
              message: GIVEN,
            })),
          ],
        },
      ],
    },
  },
  {
    // Pages and Dockerfiles: CSS, and commands of other programs.
    files: [
      'src/page/**',
      'src/registry/pages/**',
      'src/lifecycle/report/report-p*.ts',
      'src/build/distribution.ts',
      'src/build/engine/generate-dockerfile.ts',
    ],
    ignores: ['src/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...CLOCK, ITERATORS] },
  },
];
