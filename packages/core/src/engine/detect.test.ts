import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listening } from '../../testing/listening.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { detectEngine, type EngineOptions } from './detect.js';

async function detect(options: Partial<EngineOptions>, env: Readonly<Record<string, string>> = {}) {
  const home = await temporaryFolder();
  return detectEngine({
    storeFolder: join(home, 'store'),
    surroundings: { env, home },
    ...options,
  });
}

/** An engine that answers a ping. */
const pinging = () =>
  listening((_, response) => response.writeHead(200, { 'api-version': '1.41' }).end('OK'));

describe('the engine to use', () => {
  it('is the embedded store where that is chosen', async () => {
    await using engine = await detect({ engine: 'embedded' });
    expect(engine.kind).toBe('embedded');
  });

  it.each(['auto', 'docker'] as const)('is the docker at the address given: %s', async (engine) => {
    const host = `tcp://${await pinging()}`;
    await using found = await detect({ engine, host });
    expect([found.kind, found.location]).toEqual(['docker', expect.stringContaining(host)]);
  });

  it('is the podman at the address given', async () => {
    const host = `tcp://${await pinging()}`;
    await using found = await detect({ engine: 'podman', host });
    expect(found.kind).toBe('podman');
  });

  it('is the docker that the environment names', async () => {
    await using found = await detect({}, { DOCKER_HOST: `tcp://${await pinging()}` });
    expect(found.kind).toBe('docker');
  });

  it.each(['auto', 'docker', 'podman'] as const)(
    'that does not answer is UNAVAILABLE, with its address: %s',
    async (engine) => {
      const host = 'unix:///none/docker.sock';
      await expect(detect({ engine, host })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('/none/docker.sock') as string,
      });
    },
  );

  it('at an address that is none is USAGE', async () => {
    await expect(detect({ engine: 'docker', host: 'nonsense' })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});

/** Answers one request with an error, and keeps the connection open. */
const REFUSING_SSH = `#!/bin/sh
echo $$ > "$HOME/pid"
read request
printf 'HTTP/1.1 500 No\\r\\ncontent-length: 0\\r\\n\\r\\n'
exec cat > /dev/null
`;

it('closes the connection to an engine that refuses', async () => {
  const home = await temporaryFolder();
  await writeFile(join(home, 'ssh'), REFUSING_SSH);
  await chmod(join(home, 'ssh'), 0o755);
  vi.stubEnv('PATH', [home, process.env['PATH']].join(delimiter));
  vi.stubEnv('HOME', home);
  onTestFinished(() => void vi.unstubAllEnvs());
  const options = { engine: 'docker', host: 'ssh://far.invalid', storeFolder: home } as const;
  await expect(detectEngine(options)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('500') as string,
  });
  const pid = Number(await readFile(join(home, 'pid'), 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);
});
