import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { isMissing } from '../../../disk/if-there.js';
import { ImageError, systemCode } from '../../../errors.js';
import { isObject, parseJsonObject, type JsonObject } from '../../../oci/json.js';
import type { Environment, Surroundings } from '../../../surroundings.js';
import type { SshTarget } from './docker-ssh.js';
import { usualSockets } from './usual-sockets.js';
import { option, wording } from '../../../wording.js';

/** A possible address of a Docker Engine. */
export interface DockerTarget {
  readonly host: string;
  readonly connection: Connection;
}

/** Options for `node:http` or `node:https`; with `ssh`, a connection over SSH instead. */
export interface Connection extends RequestOptions {
  readonly ssh?: SshTarget;
}

/**
 * Possible addresses of a Docker Engine: only the one that is set (`--host`, `DOCKER_HOST`), else only that of docker's
 * current context (`DOCKER_CONTEXT`, `docker context use`), else the usual sockets.
 *
 * @throws ImageError USAGE (invalid address), NOT_FOUND (no such context)
 */
export function dockerTargets(
  host: string | undefined,
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
  platform: NodeJS.Platform,
): DockerTarget[] {
  const address = host ?? env['DOCKER_HOST'];
  if (address !== undefined && address !== '') return [createTarget(address, env)];
  const context = contextOf(env, home);
  if (context) return [context];
  return usualSockets('docker', { env, home }, platform).map((each) => createTarget(each, env));
}

/** Possible addresses of podman's Docker API: only `--host` or `CONTAINER_HOST` if set, else its usual sockets. */
export function podmanTargets(
  host: string | undefined,
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
  platform: NodeJS.Platform,
): DockerTarget[] {
  const address = host ?? env['CONTAINER_HOST'];
  if (address !== undefined && address !== '') return [createTarget(address, env)];
  return usualSockets('podman', { env, home }, platform).map((each) => createTarget(each, env));
}

function createTarget(host: string, env: Environment): DockerTarget {
  const folder = env['DOCKER_CERT_PATH'];
  const isTls = Boolean(env['DOCKER_TLS_VERIFY']) || host.startsWith('https:');
  const files = isTls && folder !== undefined ? certificatesIn(folder) : {};
  return { host, connection: connectionTo(host, { isTls, ...files }) };
}

interface Tls {
  readonly isTls: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** @throws ImageError USAGE */
function connectionTo(host: string, { isTls, ...files }: Tls): Connection {
  const local = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
  if (local !== undefined) return { socketPath: local };
  if (!URL.canParse(host)) throw invalidAddress(host);
  const { protocol, hostname, port } = new URL(host);
  if (protocol === 'ssh:') return { ssh: sshTarget(host) };
  if (protocol !== 'tcp:' && protocol !== 'http:' && protocol !== 'https:')
    throw invalidAddress(host);
  const tls = isTls && protocol !== 'http:';
  return {
    protocol: tls ? 'https:' : 'http:',
    host: hostname,
    port: port || (tls ? 2376 : 2375),
    ...(tls ? files : {}),
  };
}

const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const SSH_HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])$/;
const SSH_SOCKET = /^(?:\/[A-Za-z0-9_.@+:,-]+)+$/;

/**
 * Workspace settings may set the host, ssh takes an argument with a leading dash as an option, and the remote shell
 * interprets the socket path: so each part may contain only harmless characters.
 *
 * @throws ImageError USAGE
 */
function sshTarget(host: string): SshTarget {
  const { hostname, port, username, pathname, password, search, hash } = new URL(host);
  const socket = pathname === '/' ? '' : pathname;
  const isSocket = socket === '' || SSH_SOCKET.test(socket);
  const isUser = username === '' || SSH_USER.test(username);
  if (!isSocket || !isUser || !SSH_HOST.test(hostname) || password + search + hash !== '')
    throw new ImageError(
      'USAGE',
      `docker host: expected ssh://[USER@]HOST[:PORT][/SOCKET], got ${JSON.stringify(host)}`,
      {
        hint: 'Use only letters, digits, "_", "." and "-" in names; put other settings into ~/.ssh/config.',
      },
    );
  const given = { user: username, port, socket };
  const present = Object.entries(given).filter(([, value]) => value !== '');
  return { host: hostname, ...Object.fromEntries(present) };
}

/** The endpoint of docker's current context; undefined for the default context. */
function contextOf(env: Environment, home: string): DockerTarget | undefined {
  const folder = env['DOCKER_CONFIG'] ?? join(home, '.docker');
  const config = readJson(join(folder, 'config.json'));
  const name = env['DOCKER_CONTEXT'] || config?.['currentContext'];
  if (typeof name !== 'string' || name === '' || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const path = join(folder, 'contexts/meta', id, 'meta.json');
  const endpoints = readJson(path)?.['Endpoints'];
  const docker = isObject(endpoints) && isObject(endpoints['docker']) ? endpoints['docker'] : {};
  const { Host: host, SkipTLSVerify: skip } = docker;
  if (typeof host !== 'string')
    throw new ImageError('NOT_FOUND', `docker context ${name}: it has no endpoint`, {
      location: path,
      hint: 'docker context ls lists the contexts; DOCKER_CONTEXT=default uses none.',
    });
  const files = certificatesIn(join(folder, 'contexts/tls', id, 'docker'));
  const isTls = files.ca !== undefined || skip === true;
  const connection = connectionTo(host, { isTls, ...files });
  return {
    host,
    connection: skip === true ? { ...connection, rejectUnauthorized: false } : connection,
  };
}

function certificatesIn(folder: string): Pick<Tls, 'ca' | 'cert' | 'key'> {
  const files = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };
  return Object.fromEntries(
    Object.entries(files).flatMap(([key, name]) => {
      const bytes = readIfThere(join(folder, name));
      return bytes ? [[key, bytes]] : [];
    }),
  );
}

function readJson(path: string): JsonObject | undefined {
  const bytes = readIfThere(path);
  return bytes && parseJsonObject(bytes, path);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'EACCES') return undefined;
    throw error;
  }
}

function invalidAddress(host: string): ImageError {
  return new ImageError(
    'USAGE',
    `docker host: expected unix://, npipe://, tcp://, http://, https:// or ssh://, got ${JSON.stringify(host)}`,
    {
      hint: wording`Set ${option('host')} or DOCKER_HOST, for example unix:///var/run/docker.sock.`,
    },
  );
}
