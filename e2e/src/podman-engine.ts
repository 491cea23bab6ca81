import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, run } from './run.js';

/** A podman service for the tests, with its own socket and images; removed afterwards. */
export async function startPodman(): Promise<{ host: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-podman-'));
  const socket = join(folder, 'podman.sock');
  const places = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  const service = ['--storage-driver', 'vfs', 'system', 'service', '--time=0', `unix://${socket}`];
  const child = spawn('podman', [...places, ...service], {
    stdio: 'ignore',
    env: cleanEnvironment(),
  });
  for (let tries = 0; !(await stat(socket).catch(() => undefined)); tries++) {
    if (tries === 200) throw new Error(`${socket}: podman did not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = async () => {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
    await run('umount', [join(folder, 'root/vfs')]);
    await rm(folder, { recursive: true, force: true });
  };
  return { host: `unix://${socket}`, stop };
}
