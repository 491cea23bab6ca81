import { expect, it } from 'vitest';
import { fileOfLeftover, LOCKED_LEFTOVER, OWN_LEFTOVER, TEMPORARY_FILE } from './leftover-files.js';

// Columns: is it temporary, has it a name that only Stowage gives, is it written under a lock, what was it to become.
it.each([
  ['x.tar.writing.partial', true, true, true, 'x.tar'],
  ['x.tar.resume.partial', true, true, true, 'x.tar'],
  ['x.tar.001.writing.partial', true, true, true, 'x.tar'],
  ['x.tar.001.new', true, true, true, 'x.tar'],
  ['x.tgz.012.new', true, true, true, 'x.tgz'],
  ['x.001.new', true, false, true, 'x'],
  ['x.tar.sha256.new', true, false, true, 'x.tar.sha256.new'],
  ['catalog.json.0123456789ab.partial', true, true, false, 'catalog.json'],
  ['x.tar.partial', true, false, false, 'x.tar'],
  ['x.tar.sha256.partial', true, false, false, 'x.tar'],
  ['x.tar', false, false, false, 'x.tar'],
  ['x.tar.001', false, false, false, 'x.tar.001'],
  ['x.new', false, false, true, 'x.new'],
])('%s', (name, isTemporary, isOwn, isLocked, file) => {
  expect([TEMPORARY_FILE, OWN_LEFTOVER, LOCKED_LEFTOVER].map((each) => each.test(name))).toEqual([
    ...[isTemporary, isOwn, isLocked],
  ]);
  expect(fileOfLeftover(name)).toBe(file);
});
