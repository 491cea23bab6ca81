import { expect, it } from 'vitest';
import {
  EXIT_CODES,
  EXIT_INTERRUPTED,
  EXIT_MEANINGS,
  EXIT_PROBLEMS,
  EXIT_UNEXPECTED,
  EXIT_USAGE,
} from './exit-codes.js';

it('lists every exit code in the help, and no other', () => {
  const listed = EXIT_MEANINGS.map(([code]) => code);
  const used = [0, EXIT_UNEXPECTED, EXIT_INTERRUPTED, ...Object.values(EXIT_CODES)];
  expect(new Set(listed)).toEqual(new Set(used));
});

it('gives usage errors and damaged images the codes of the same meaning', () => {
  expect(EXIT_CODES.USAGE).toBe(EXIT_USAGE);
  expect(EXIT_CODES.CORRUPT).toBe(EXIT_PROBLEMS);
});
