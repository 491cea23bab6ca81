import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { detectEngine } from '@stowage/core';
import { afterAll, beforeAll, inject } from 'vitest';
import { engineContract } from '../../packages/core/testing/contracts/engine.js';
import { describeWith, DOCKER } from './peers.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { cleanEnvironment, run } from './run.js';

const root = { root: true };

describeWith(
  DOCKER,
  'a real Docker Engine',
  () => {
    engineContract('docker', () =>
      detectEngine({ engine: 'docker', host: inject('dockerHost'), storeFolder: '' }),
    );
  },
  root,
);

describeWith(
  [...DOCKER, 'ctr'],
  'a real containerd',
  () => {
    engineContract('containerd', () =>
      detectEngine({
        engine: 'containerd',
        host: inject('containerd'),
        namespace: 'stowage',
        storeFolder: '',
      }),
    );
  },
  root,
);

describeWith(
  ['podman', 'crun'],
  'a real podman',
  () => {
    let folder: string;
    let stop: () => Promise<void>;
    const socket = () => join(folder, 'podman.sock');
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'stowage-podman-'));
      stop = await startPodman(folder, socket());
    });
    afterAll(async () => {
      await stop();
      await run('umount', [join(folder, 'root/vfs')]);
      await rm(folder, { recursive: true, force: true });
    });
    engineContract('podman', () =>
      detectEngine({ engine: 'podman', host: `unix://${socket()}`, storeFolder: '' }),
    );
  },
  root,
);

/** Podman as a service, with images of its own. */
async function startPodman(folder: string, socket: string): Promise<() => Promise<void>> {
  const places = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  const service = ['--storage-driver', 'vfs', 'system', 'service', '--time=0', `unix://${socket}`];
  const child = spawn('podman', [...places, ...service], {
    stdio: 'ignore',
    env: cleanEnvironment(),
  });
  for (let tries = 0; tries < 200; tries++) {
    if (await stat(socket).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return async () => {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  };
}
