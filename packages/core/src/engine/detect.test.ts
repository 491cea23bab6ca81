import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { detectEngine } from './detect.js';

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
