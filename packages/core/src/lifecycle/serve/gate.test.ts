import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { Gate } from './gate.js';

async function open(control: object = {}) {
  const cwd = await temporaryFolder();
  const gate = await Gate.open('127.0.0.1', { cwd, ...control });
  onTestFinished(() => gate[Symbol.asyncDispose]());
  return { cwd, gate };
}

it('host names are replaced while it is open', async () => {
  const { cwd, gate } = await open({ allowedHosts: ['one.example'] });
  expect(() => gate.checkHost('one.example')).not.toThrow();
  await gate.update({ cwd, allowedHosts: ['other.example'] });
  expect(() => gate.checkHost('other.example')).not.toThrow();
  expect(() => gate.checkHost('one.example')).toThrow(/one\.example/);
});

it('an update that is wrong changes neither users nor host names', async () => {
  const { cwd, gate } = await open({ allowedHosts: ['one.example'] });
  const mayRead = async () =>
    (await gate.access.of({ headers: {}, socket: { remoteAddress: '::1' } })).readsAll;
  expect(await mayRead()).toBe(true);
  await writeFile(join(cwd, 'users'), 'ada:x\n');
  const wrong = { cwd, allowedHosts: ['other.example'], htpasswd: 'users' };
  await expect(gate.update(wrong)).rejects.toMatchObject({ code: 'USAGE' });
  expect(await mayRead()).toBe(true);
  expect(() => gate.checkHost('one.example')).not.toThrow();
  expect(() => gate.checkHost('other.example')).toThrow();
});
