import { existsSync } from 'node:fs';
import { debug } from '../debug.js';
import { ImageError } from '../errors.js';
import {
  dockerTargets,
  podmanTargets,
  type DockerTarget,
} from './docker/connection/docker-host.js';
import { EmbeddedEngine } from './embedded.js';
import type { Engine } from './engine.js';
import { surroundingsOf, type Environment, type GivenSurroundings } from '../surroundings.js';
import { option, wording } from '../wording.js';

/** The engine to use. `kind` and `k3d`: containerd on every node of a cluster. */
export type EngineChoice =
  | 'auto'
  | 'docker'
  | 'podman'
  | 'containerd'
  | 'kind'
  | 'k3d'
  | 'embedded';

/** The engine to use, and its address. */
export interface EngineOptions {
  /** `auto` (default): the first of docker, podman and containerd that answers; never the embedded store. */
  readonly engine?: EngineChoice | undefined;
  /**
   * Address of the engine: a docker host, containerd's socket, or the name of a cluster. When omitted: the environment, docker's
   * context, then the usual sockets.
   */
  readonly host?: string | undefined;
  /** Namespace of containerd; `k8s.io`, which the kubelet uses, when omitted. */
  readonly namespace?: string | undefined;
  /** Folder of the embedded store. */
  readonly storeFolder: string;
  /** The environment, home folder and clock; those of this process when omitted. */
  readonly surroundings?: GivenSurroundings | undefined;
}

/** Timeout of a ping (ms). */
const PING_TIMEOUT_MS = 5_000;

/**
 * Finds the engine to use and connects to it.
 *
 * @throws ImageError UNAVAILABLE, naming every address that was tried; USAGE (an address)
 * @example
 * await using engine = await detectEngine({ engine: 'auto', storeFolder: '.stowage/store' });
 * await using sink = engine.sink();
 * await copy(source, undefined, sink, { as: 'app:1' });
 * await sink.commit();
 */
export async function detectEngine(options: EngineOptions): Promise<Engine> {
  const { engine = 'auto', host, storeFolder } = options;
  const surroundings = surroundingsOf(options.surroundings);
  const { env } = surroundings;
  const namespace = options.namespace ?? (env['CONTAINERD_NAMESPACE'] || undefined);
  const failures: string[] = [];
  const docker = (): Promise<Engine | undefined> =>
    openFirst('docker', dockerTargets(host, surroundings, process.platform), env, failures);
  const podman = (): Promise<Engine | undefined> =>
    openFirst('podman', podmanTargets(host, surroundings, process.platform), env, failures);
  const containerd = async (): Promise<Engine | undefined> => {
    try {
      const { containerdAt } = await import('./containerd/containerd.js');
      const found = await containerdAt(host ?? env['CONTAINERD_ADDRESS'], namespace);
      await found.ping(PING_TIMEOUT_MS);
      return found;
    } catch (error) {
      failures.push(messageOf(error));
      return undefined;
    }
  };
  const nodes = async (kind: 'kind' | 'k3d'): Promise<Engine | undefined> => {
    const { openNodes } = await import('./containerd/nodes.js');
    return openNodes(kind, host, namespace);
  };
  const openers = {
    // A given address is docker's; podman and containerd are then chosen by name only.
    auto: async () =>
      (await docker()) ??
      (host === undefined ? ((await podman()) ?? (await containerd())) : undefined),
    docker,
    podman,
    containerd,
    kind: () => nodes('kind'),
    k3d: () => nodes('k3d'),
    embedded: async () => new EmbeddedEngine(storeFolder, surroundings),
  };
  const found = await openers[engine]();
  for (const failure of failures) debug('engine', () => `not used: ${failure}`);
  debug('engine', () => `used: ${found?.location ?? 'none'}`);
  if (found) return found;
  const expected = engine === 'auto' ? 'docker, podman or containerd' : engine;
  throw new ImageError(
    'UNAVAILABLE',
    `no engine answers, asked ${expected}: ${failures.join('; ')}`,
    {
      hint: wording`Start it, give its address with ${option('host')}, or use ${option('engine', 'embedded')} to keep images without running them.`,
      cause: new Error(failures.join('; ')),
    },
  );
}

/** Says what is wrong with an engine; its address is in it. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function openFirst(
  kind: 'docker' | 'podman',
  targets: readonly DockerTarget[],
  env: Environment,
  failures: string[],
): Promise<Engine | undefined> {
  // Loaded on demand: the docker client is the largest module, and other engines do not need it.
  const { DockerEngine } = await import('./docker/docker.js');
  for (const [at, target] of targets.entries()) {
    const { socketPath } = target.connection;
    // A usual socket that is not there needs no message. Whether a pipe of Windows is there cannot be seen.
    if (at > 0 && socketPath?.startsWith('//./') === false && !existsSync(socketPath)) continue;
    const found = new DockerEngine(kind, target, env['DOCKER_BUILDKIT']);
    try {
      await found.ping(PING_TIMEOUT_MS);
      return found;
    } catch (error) {
      await found[Symbol.asyncDispose]();
      failures.push(messageOf(error));
    }
  }
  return undefined;
}
