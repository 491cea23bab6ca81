import { ImageError } from '../errors.js';
import { dockerHosts, dockerOptions } from './docker-host.js';
import { EmbeddedEngine } from './embedded.js';
import type { Engine } from './engine.js';

export type EngineChoice = 'auto' | 'docker' | 'embedded';

export interface EngineOptions {
  /** `auto` when omitted: the first real engine that answers; never the embedded store. */
  readonly engine?: EngineChoice | undefined;
  /** Where the Docker Engine listens; `DOCKER_HOST` and the usual sockets when omitted. */
  readonly host?: string | undefined;
  /** The folder of the embedded store. */
  readonly storeFolder: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How long an engine may take to say that it is there (ms). */
const PING_TIMEOUT = 5_000;

/** Finds the engine to use. @throws ImageError UNAVAILABLE, naming what was tried */
export async function detectEngine({
  engine = 'auto',
  host,
  storeFolder,
  env = process.env,
}: EngineOptions): Promise<Engine> {
  if (engine === 'embedded') return new EmbeddedEngine(storeFolder);
  const hosts = dockerHosts(host, env, process.platform);
  // Its client is the largest thing we load; what needs no engine does not wait for it.
  const { DockerEngine } = await import('./docker.js');
  const failures: string[] = [];
  for (const each of hosts) {
    const found = new DockerEngine(each, dockerOptions(each, env));
    try {
      await found.ping(PING_TIMEOUT);
      return found;
    } catch (error) {
      failures.push(`${each} (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  throw new ImageError(
    'UNAVAILABLE',
    `engine: expected docker to answer, got none: ${failures.join('; ')}`,
    {
      hint: 'Start Docker, name it with --host or DOCKER_HOST, or use --engine embedded to keep images without running them.',
    },
  );
}
