import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, NAME, savedLine } from '../../testing/stowage.js';

type Line = Awaited<ReturnType<typeof commandLine>>;

/** Runs a registry until `work` is done. */
async function serving(
  { stowage }: Line,
  args: string,
  work: (url: string) => Promise<void>,
  onError?: (text: string) => void,
) {
  const stopped = new AbortController();
  let tell: ((text: string) => void) | undefined;
  const ready = new Promise<string>((resolve) => (tell = resolve));
  const ran = stowage(`serve${args}`, {
    signal: stopped.signal,
    onOutput: (text) => tell?.(text),
    ...(onError ? { onError } : {}),
  });
  await Promise.race([ready, ran]);
  await work((await ready).trim());
  stopped.abort();
  return ran;
}

describe('stowage serve', () => {
  it('prints its URL, logs requests, and ends with 0 when it is stopped', async () => {
    const ran = await serving(await commandLine(), '', async (url) => {
      expect((await fetch(`${url}/v2/`)).status).toBe(200);
    });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(ran.stderr).toMatch(/GET \/v2\/.* 200/);
  });

  it.each([
    [' --quiet', /^$/],
    [' --log none', /^$/],
    [' --log json', /^\{.*\}\n$/],
  ])('logs as it is told:%s', async (args, expected) => {
    const { stderr } = await serving(await commandLine(), args, async (url) => {
      await fetch(`${url}/v2/`);
    });
    expect(stderr).toMatch(expected);
  });

  it('serves archives', async () => {
    const ran = await serving(await savedLine(), ` ${NAME} --json`, async (document) => {
      const { url } = JSON.parse(document) as { readonly url: string };
      expect((await fetch(`${url}/v2/${NAME}/manifests/latest`)).status).toBe(200);
    });
    expect(ran.code).toBe(0);
  });

  it('reads users again on SIGHUP, and tells what is wrong', async () => {
    const line = await commandLine();
    await line.said('htpasswd users ada', { stdin: 'secret' });
    const told: string[] = [];
    const onError = (text: string) => void told.push(text);
    await serving(
      line,
      ' --htpasswd users --log none',
      async () => {
        process.emit('SIGHUP', 'SIGHUP');
        await expect.poll(() => told.join('')).toMatch(/^reloaded users, rules/m);
        await writeFile(join(line.cwd, 'users'), 'ada:x\n');
        process.emit('SIGHUP', 'SIGHUP');
        await expect.poll(() => told.join('')).toMatch(/^stowage: htpasswd, line 1/m);
      },
      onError,
    );
  });

  it('refuses a rule that is none', async () => {
    const { stowage } = await commandLine();
    await expect(stowage('serve --allow ada')).rejects.toThrow('Give USER:read|write');
  });
});
