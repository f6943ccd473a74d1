// Five rules that need types, and one that keeps a door shut. Biome does the rest; its own promise rules miss a floating `rm()` of node:fs/promises.
import tseslint from 'typescript-eslint';

export default tseslint.config({
  files: ['**/*.ts'],
  extends: [tseslint.configs.base],
  languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/only-throw-error': 'error',
    '@typescript-eslint/await-thenable': 'error',
    // The other half of the dependency rule "one-door-to-native-code".
    'no-restricted-properties': [
      'error',
      { object: 'process', property: 'dlopen', message: 'Only src/native/addon.ts loads the addon.' },
    ],
  },
});
