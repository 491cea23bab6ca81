import { describe } from 'vitest';
import { browserAttacks } from './access-browsers.js';
import { floodAttacks } from './access-floods.js';
import { passwordAttacks } from './access-passwords.js';
import { secretAttacks } from './access-secrets.js';

/** Registers the tests of this file; see ../attacks.test.ts. */
export function accessAttacks(): void {
  describe('with passwords', passwordAttacks);
  describe('with the names of secrets', secretAttacks);
  describe('through a browser', browserAttacks);
  describe('with floods and noise', floodAttacks);
}
