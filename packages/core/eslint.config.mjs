import base from '../../eslint.package.mjs';

const GIVEN = 'it comes in through Surroundings (surroundings.ts) or an option';

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
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: GIVEN },
        { selector: 'CallExpression[callee.name="Date"]', message: GIVEN },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
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
];
