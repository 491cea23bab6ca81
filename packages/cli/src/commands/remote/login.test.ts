import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWorkspace } from '@stowage/core';
import { serve } from '@stowage/core/registry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../../../testing/stowage.js';

/** A registry with the user `ada`, whose password is `secret`. */
async function start() {
  const line = await commandLine();
  const { cwd } = line;
  await line.said('htpasswd users ada', { stdin: 'secret' });
  const serving = await serve(await openWorkspace(cwd), [], { cwd, htpasswd: 'users' });
  onTestFinished(() => serving[Symbol.asyncDispose]());
  return { ...line, host: new URL(serving.url).host };
}

describe('stowage login', () => {
  it('stores a login that the registry accepts, until stowage logout', async () => {
    const { said, stowage, host, cwd } = await start();
    const line = `login ${host} --username ada --password-stdin --auth-file auth.json`;
    expect((await stowage(line, { stdin: 'wrong' })).code).toBe(5);
    expect(await said(line, { stdin: 'secret\n' })).toMatch(
      new RegExp(`^${host} {2}logged in as ada \\(.*auth\\.json\\)\n$`),
    );
    expect(await readFile(join(cwd, 'auth.json'), 'utf8')).toContain(host);
    const logout = `logout ${host} --auth-file auth.json`;
    expect(await said(logout)).toMatch(/ {2}logged out \(.*auth\.json\)\n$/);
    expect(await said(logout)).toBe(`${host}  was not logged in\n`);
  });

  it('exits 2 without a user', async () => {
    const { stowage, host } = await start();
    expect((await stowage(`login ${host}`)).code).toBe(2);
  });
});
