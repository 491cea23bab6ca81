import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.js';

/** A Docker Engine for the tests, with its own socket and images; removed afterwards. */
export interface OwnDocker {
  readonly host: string;
  /** The containerd of this engine. */
  readonly containerd: string;
  readonly stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

export async function startDocker(): Promise<OwnDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-docker-'));
  const socket = join(folder, 'docker.sock');
  const args = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
    '-H',
    `unix://${socket}`,
  ];
  const daemon = spawn(
    'dockerd',
    [...args, '--iptables=false', '--ip6tables=false', '--bridge=none'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const log: string[] = [];
  daemon.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const stop = async () => {
    if (daemon.exitCode === null) {
      const gone = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await gone;
    }
    // A container on the host's network leaves this mount behind.
    await run('umount', [join(folder, 'exec/netns/default')]);
    await rm(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + START_TIMEOUT_MS; !(await answers(socket)); ) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`dockerd did not start:\n${log.join('')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    host: `unix://${socket}`,
    containerd: join(folder, 'exec/containerd/containerd.sock'),
    stop,
  };
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('error', () => resolve(false));
    ping.on('timeout', () => ping.destroy());
    ping.end();
  });
}
