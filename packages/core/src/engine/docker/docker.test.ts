import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { DockerEngine } from './docker.js';
import { dockerTargets } from './docker-host.js';

it.each([
  [
    {
      Os: 'windows',
      Arch: 'amd64',
      KernelVersion: '10.0 17763 (17763.1.amd64fre.rs5_release.180914-1434)',
    },
    { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763' },
  ],
  [
    { Os: 'windows', Arch: 'amd64' },
    { os: 'windows', architecture: 'amd64' },
  ],
  [
    { Os: 'linux', Arch: 'arm64', KernelVersion: '6.1 0 (x)' },
    { os: 'linux', architecture: 'arm64' },
  ],
])('an engine that answers %j selects images for %j', async (version, platform) => {
  const host = await listening((_, response) => response.end(JSON.stringify(version)));
  const [target] = dockerTargets(`tcp://${host}`, { env: {}, home: '/' }, 'linux');
  if (!target) throw new Error('no target');
  await using engine = new DockerEngine('docker', target);
  expect(await engine.platform()).toEqual(platform);
});
