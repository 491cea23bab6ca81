import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ARCHIVE, NAME, savedLine } from '../../testing/stowage.js';

it('stowage doctor names the engine, and finds nothing where all is well', async () => {
  const { said } = await savedLine();
  const text = await said('doctor');
  expect(text).toMatch(/^No problems of archives\.\n\nSTATE +ENVIRONMENT +WHAT +DETAIL\nok +node /);
  expect(text).toMatch(/^ok +engine .*\.stowage\/store {2}.*used$/m);
});

it('stowage doctor exits 4 for problems, each with its way out, until --fix repairs them', async () => {
  const { said, stowage, json, cwd } = await savedLine();
  await rm(join(cwd, ARCHIVE));
  const { code, stdout } = await stowage('doctor');
  expect(code).toBe(4);
  expect(stdout).toMatch(new RegExp(`^missing {2}${ARCHIVE}: .*\n {2}.*stowage doctor --fix`, 'm'));
  expect(await json('doctor')).toMatchObject({ problems: [{ name: NAME }, {}] });
  expect(await said('doctor --fix')).toMatch(/^repaired: missing {2}/m);
  expect(await said('doctor')).toContain('No problems of archives.');
});

it('stowage doctor says the next step for what is wrong around the workspace, and exits 4 for problems', async () => {
  const { stowage, json } = await savedLine();
  const line = 'doctor --engine docker --host unix:///nonexistent.sock';
  const { code, stdout } = await stowage(line);
  expect(code).toBe(4);
  expect(stdout).toMatch(/^problem +engine +docker +.*nonexistent\.sock/m);
  expect(stdout).toMatch(/^engine: .*--engine embedded/m);
  expect(await json(line)).toMatchObject({ engine: null, problems: [] });
});

it('stowage doctor exits 0 with warnings alone', async () => {
  const { stowage } = await savedLine({
    'stowage.yaml': 'engine: embedded\nprune: { min_free: 100% }\n',
  });
  const { code, stdout } = await stowage('doctor');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^warning +disk /m)]);
});
