import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './run.js';

/**
 * Starts a registry of the CNCF on a free port of loopback, Debian's `docker-registry` unless another program is given; it
 * stops when the test ends.
 *
 * @param config further YAML for its configuration: `http` below the `http` key, `more` at the top level; `data`: the folder
 *   of its content.
 */
export async function startRegistry({
  http = '',
  more = '',
  data = '',
  program = 'docker-registry',
} = {}): Promise<string> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const file = join(folder, 'config.yml');
  const config = [
    'version: 0.1',
    'log: { level: error }',
    `storage: { filesystem: { rootdirectory: ${data || `${folder}/data`} }, delete: { enabled: true } }`,
    `http: { addr: '127.0.0.1:${port}'${http} }`,
    more,
  ];
  await writeFile(file, `${config.join('\n')}\n`);
  const child = spawn(program, ['serve', file], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === 200) throw new Error(`127.0.0.1:${port}: ${program} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return `127.0.0.1:${port}`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
