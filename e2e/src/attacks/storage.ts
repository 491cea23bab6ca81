import { describe } from 'vitest';
import { boundAttacks } from './storage/bounds.js';
import { fileAttacks } from './storage/files.js';
import { nameAttacks } from './storage/names.js';

/** Registers the cases of this file; see ../attacks.test.ts. */
export function storageAttacks(): void {
  describe('by names', nameAttacks);
  describe('by numbers', boundAttacks);
  describe('by its files', fileAttacks);
}
