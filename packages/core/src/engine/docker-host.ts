import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { ImageError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a Docker engine may listen, best first: what the user says, then the usual sockets. */
export function dockerHosts(
  host: string | undefined,
  env: Environment,
  platform: NodeJS.Platform,
): string[] {
  const said = host ?? env['DOCKER_HOST'];
  if (said !== undefined && said !== '') return [said];
  if (platform === 'win32') return ['npipe:////./pipe/docker_engine'];
  const { XDG_RUNTIME_DIR: runtime, HOME: home } = env;
  return [
    'unix:///var/run/docker.sock',
    ...(runtime === undefined ? [] : [`unix://${runtime}/docker.sock`]),
    ...(home === undefined ? [] : [`unix://${home}/.docker/run/docker.sock`]),
  ];
}

/** What `dockerode` wants to know of a host. @throws ImageError USAGE */
export function dockerOptions(host: string, env: Environment): Docker.DockerOptions {
  const local = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
  if (local !== undefined) return { socketPath: local };
  if (!URL.canParse(host)) throw refuse(host);
  const { protocol, hostname, port, username } = new URL(host);
  if (protocol === 'ssh:') return { protocol: 'ssh', host: hostname, port: port || 22, username };
  const tls = protocol === 'https:' || (protocol === 'tcp:' && Boolean(env['DOCKER_TLS_VERIFY']));
  if (protocol !== 'tcp:' && protocol !== 'http:' && protocol !== 'https:') throw refuse(host);
  const plain: Docker.DockerOptions = {
    protocol: tls ? 'https' : 'http',
    host: hostname,
    port: port || (tls ? 2376 : 2375),
  };
  const folder = env['DOCKER_CERT_PATH'];
  if (!tls || folder === undefined) return plain;
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) =>
    readFileSync(join(folder, name)),
  );
  return { ...plain, ca, cert, key };
}

function refuse(host: string): ImageError {
  return new ImageError(
    'USAGE',
    `docker host: expected unix://, npipe://, tcp://, http://, https:// or ssh://, got ${JSON.stringify(host)}`,
    {
      hint: 'Set --host or DOCKER_HOST, for example unix:///var/run/docker.sock.',
    },
  );
}
