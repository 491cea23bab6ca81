import { expect, it } from 'vitest';
import { NAME, registryHost, savedLine } from '../../../testing/stowage.js';

it('stowage sync prints what it moved, and how much was up to date', async () => {
  const { said, json } = await savedLine();
  const line = `sync ./images ${await registryHost()}/ci`;
  expect(await said(`${line} --dry-run`)).toMatch(
    new RegExp(`^${NAME}@sha256:\\w+ {2}sent \\(0 B\\)`),
  );
  expect(await said(line)).toMatch(new RegExp(`^${NAME}@sha256:\\w+ {2}sent \\(`));
  expect(await said(line)).toBe('1 were up to date\n');
  expect(await json(line)).toMatchObject({ results: [{ name: NAME, action: 'same' }] });
});

it('stowage sync prints what it deleted and what it kept', async () => {
  const from = `${await registryHost()}/ci`;
  const one = await savedLine();
  await one.said(`sync ./images ${from}`);
  await one.said(`copy images/app/${NAME}.tar store:app-debian-12-other`);
  await one.said('save app-debian-12-other');
  expect(await one.said(`sync ${from} ./images --prune`)).toMatch(
    /^app-debian-12-other {2}deleted\n1 were up to date\n$/,
  );
});

it('stowage sync exits 2 for two folders', async () => {
  const { stowage } = await savedLine();
  expect(await stowage('sync ./images ./other')).toMatchObject({ code: 2, stdout: '' });
});

it('stowage sync says that there is nothing to do', async () => {
  const { said } = await savedLine();
  expect(await said(`sync ${await registryHost()}/empty ./other`)).toBe('nothing to sync\n');
});
