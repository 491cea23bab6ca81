import { DockerApi } from '../src/engine/docker/docker-api.js';
import { dockerTargets, type DockerTarget } from '../src/engine/docker/connection/docker-host.js';

/** The target of an engine at an address (`tcp://host:port`, `unix:///path`); the environment has no part in it. */
export function targetAt(address: string): DockerTarget {
  const [target] = dockerTargets(address, { env: {}, home: '/' }, 'linux');
  if (!target) throw new Error(`expected a target for ${address}`);
  return target;
}

/** The API of an engine at an address. */
export function apiAt(address: string): DockerApi {
  return new DockerApi(`docker-daemon:${address}`, targetAt(address));
}
