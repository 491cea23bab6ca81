import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import type { BuildRequest } from '../engine.js';
import { DockerEngine } from './docker.js';
import { dockerTargets } from './docker-host.js';

const REQUEST: BuildRequest = {
  context: [],
  dockerfile: 'Dockerfile',
  reference: 'a:1',
  args: {},
  labels: {},
};

/** The parameters of the build that an engine gets; as podman it answers as podman does. */
async function sent(request: Partial<BuildRequest>, kind: 'docker' | 'podman' = 'docker') {
  let query = new URLSearchParams();
  const host = await listening(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://engine');
    if (pathname === '/build') query = searchParams;
    if (kind === 'podman') response.setHeader('Libpod-API-Version', '5.8.6');
    response.end('{"error":"that is all"}');
  });
  const [target] = dockerTargets(`tcp://${host}`, { env: {}, home: '/' }, 'linux');
  if (!target) throw new Error('no target');
  await using engine = new DockerEngine(kind, target);
  await expect(engine.build({ ...REQUEST, ...request })).rejects.toThrow('that is all');
  return query;
}

it('what steps run with is sent as the engine reads it', async () => {
  const steps = {
    addHosts: [
      { name: 'a', address: '10.0.0.2' },
      { name: 'six', address: '::1' },
    ],
    shmSize: 4096,
    ulimits: [{ name: 'nofile', soft: 64, hard: 128 }],
  };
  const docker = await sent({ steps });
  expect(docker.getAll('extrahosts')).toEqual(['a:10.0.0.2', 'six:::1']);
  expect(docker.get('ulimits')).toBe('[{"Name":"nofile","Soft":64,"Hard":128}]');
  expect(docker.get('shmsize')).toBe('4096');
  const podman = await sent({ steps }, 'podman');
  expect(podman.getAll('extrahosts')).toEqual(['["a:10.0.0.2","six:::1"]']);
  expect(podman.get('ulimits')).toBe('["nofile=64:128"]');
  expect(podman.get('shmsize')).toBe('4096');
});

it('the cache and the registries are asked as the build wants it', async () => {
  const all = await sent({ noCache: true, pull: true });
  expect([all.get('nocache'), all.get('pull')]).toEqual(['true', 'true']);
  expect([...(await sent({ noCache: false, pull: false, steps: {} })).keys()].toSorted()).toEqual([
    'buildargs',
    'dockerfile',
    'forcerm',
    'labels',
    't',
  ]);
});
