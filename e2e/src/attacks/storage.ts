import { describe } from 'vitest';
import { boundAttacks } from './storage/bounds.js';
import { fileAttacks } from './storage/files.js';
import { nameAttacks } from './storage/names.js';

/** Registers the tests of this file; see ../attacks.test.ts. */
export function storageAttacks(): void {
  describe('with names', nameAttacks);
  describe('with many requests', boundAttacks);
  describe('through its files', fileAttacks);
}
