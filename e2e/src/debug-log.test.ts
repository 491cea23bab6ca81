import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stowage, temporaryFolder } from './run.js';
import { pushSmall, startServe } from './served.js';

it('writes a debug log of requests, the engine and the cache, without secrets', async () => {
  const cwd = await temporaryFolder();
  const { url, host } = await startServe(['--root', join(cwd, 'registry')]);
  await pushSmall(url, 'team/app', '1');
  const args = ['inspect', `docker://${host}/team/app:1`, '--username', 'ada', '--password-stdin'];
  const { stderr } = await stowage(args, {
    cwd,
    input: Buffer.from('hidden'),
    env: { STOWAGE_DEBUG: 'http,engine,cache' },
  });
  expect(stderr).toMatch(
    /^debug http: GET "http:\/\/[^"]+\/v2\/team\/app\/manifests\/1" after \d+ ms: 200$/m,
  );
  expect(stderr).not.toContain('hidden');
});

it('refuses an area of the debug log that it does not have', async () => {
  const { code, stderr } = await stowage(['ls'], {
    cwd: await temporaryFolder(),
    env: { STOWAGE_DEBUG: 'nonsense' },
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining('expected http, engine, cache')]);
});
