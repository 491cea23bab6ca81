import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ARCHIVE, NAME, savedLine } from '../../testing/stowage.js';

it('stowage doctor names the engine, and finds nothing where all is well', async () => {
  const { said } = await savedLine();
  expect(await said('doctor')).toMatch(/^engine: .*\.stowage\/store\nNo problems\.\n$/);
});

it('stowage doctor exits 4 for problems, each with its way out, until --fix repairs them', async () => {
  const { said, stowage, json, cwd } = await savedLine();
  await rm(join(cwd, ARCHIVE));
  const { code, stdout } = await stowage('doctor');
  expect(code).toBe(4);
  expect(stdout).toMatch(new RegExp(`^missing {2}${ARCHIVE}: .*\n {2}.*stowage doctor --fix`, 'm'));
  expect(await json('doctor')).toMatchObject({ problems: [{ name: NAME }, {}] });
  expect(await said('doctor --fix')).toMatch(/^repaired: missing {2}/m);
  expect(await said('doctor')).toContain('No problems.');
});

it('stowage doctor works without an engine', async () => {
  const { said } = await savedLine();
  const text = await said('doctor --engine docker --host unix:///nonexistent.sock');
  expect(text).toContain('engine: none found');
});
