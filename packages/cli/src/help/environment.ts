import type { Command } from 'commander';
import { GROUPS } from './groups.js';

/** An environment variable, and what it sets. */
export type Variable = readonly [name: string, about: string];

/** The environment variables that stand for, or go with, the options of a group. */
const VARIABLES: Readonly<Record<string, readonly Variable[]>> = {
  [GROUPS.engine]: [
    ['DOCKER_HOST', 'address of docker, with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH'],
    ['DOCKER_CONTEXT', 'context of docker to use in place of its current one'],
    ['CONTAINER_HOST', 'address of podman'],
    ['CONTAINERD_ADDRESS', 'socket of containerd, with CONTAINERD_NAMESPACE'],
  ],
  [GROUPS.registry]: [
    ['DOCKER_AUTH_CONFIG', 'credentials, as the content of a config.json'],
    ['REGISTRY_AUTH_FILE', 'file with credentials, in place of those of podman and docker'],
    ['DOCKER_CONFIG', 'folder of config.json and certs.d; ~/.docker when omitted'],
    ['SSL_CERT_FILE', 'trusted CA certificates (PEM), in place of those of the system'],
    ['HTTPS_PROXY', 'proxy for registries, but for hosts in NO_PROXY'],
  ],
  [GROUPS.general]: [
    ['STOWAGE_CACHE_DIR', 'folder of the cache; a folder for caches of this user when omitted'],
    ['STOWAGE_SHARE', 'read, read-write or off: in place of share.mode in stowage.yaml'],
    ['STOWAGE_DEBUG', 'what to log on stderr: http,engine,cache'],
    ['NO_COLOR', 'print without colours'],
  ],
};

/** The variables that a command reads: those of the groups that its options are in. */
export function environmentOf({ options }: Command): readonly Variable[] {
  const groups = new Set(options.map(({ helpGroupHeading }) => helpGroupHeading));
  return Object.entries(VARIABLES).flatMap(([group, variables]) =>
    groups.has(group) ? variables : [],
  );
}
