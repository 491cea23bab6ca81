import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

export default [
  ...nx.configs['flat/base'],
  ...nx.configs['flat/typescript'],
  { ignores: ['**/dist', '**/out-tsc', '**/test-output', '**/files', '**/*.timestamp-*'] },
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // `return promise` leaves a block, and disposes of what it holds, before the promise is done.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_+$', argsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // A contract may be async where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: ['../../packages/core/testing/**', '../../../packages/core/testing/**'],
          // One of its entry points is loaded on demand, the others are not.
          checkDynamicDependenciesExceptions: ['@stowage/core'],
          depConstraints: [{ sourceTag: '*', onlyDependOnLibsWithTags: ['*'] }],
        },
      ],
    },
  },
  {
    // Patterns are relative to the project whose configuration imports this one.
    files: ['**/src/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      '**/disk/if-there.ts',
      // Here it means something else: no such program, and no such socket.
      '**/engine/program.ts',
      '**/engine/docker/docker-api.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "Literal[value='ENOENT']",
          message: 'Use isMissing or ignoreMissing of disk/if-there.ts.',
        },
      ],
    },
  },
];
