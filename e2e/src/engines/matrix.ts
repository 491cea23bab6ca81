import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { missing } from '../peers.js';

/** Where `prepare.sh` puts the engines that Debian 12 does not have. */
export const ENGINES_FOLDER = process.env['STOWAGE_ENGINES'] ?? '/var/cache/stowage-engines';

/** A root of Debian's unstable suite. */
export const SID = join(ENGINES_FOLDER, 'sid');

/** An engine of the tests. */
export interface EngineVariant {
  readonly kind: 'docker' | 'podman' | 'containerd';
  /** Program of the daemon; a path if it is not one of the root's own. */
  readonly daemon: string;
  /** Arguments besides its folders and address. */
  readonly args?: readonly string[];
  /** The root that it runs in; this machine's own when omitted. */
  readonly root?: string;
  /** Whether it is a docker with containerd's image store, which keeps indexes. */
  readonly keepsIndexes?: boolean;
}

/** All engines that tests can start, by name. */
export const ENGINES = {
  'docker-20.10': { kind: 'docker', daemon: 'dockerd' },
  'docker-28-classic': { kind: 'docker', daemon: 'dockerd', root: SID },
  'docker-28-containerd': {
    kind: 'docker',
    daemon: 'dockerd',
    root: SID,
    args: ['--feature', 'containerd-snapshotter=true'],
    keepsIndexes: true,
  },
  'docker-29': {
    kind: 'docker',
    daemon: join(ENGINES_FOLDER, 'bin/dockerd-29'),
    root: SID,
    keepsIndexes: true,
  },
  'podman-4.3': { kind: 'podman', daemon: 'podman' },
  'podman-5.8': { kind: 'podman', daemon: 'podman', root: SID },
  'containerd-1.6': { kind: 'containerd', daemon: 'containerd' },
  'containerd-2.1': { kind: 'containerd', daemon: 'containerd', root: SID },
} as const satisfies Readonly<Record<string, EngineVariant>>;

export type EngineName = keyof typeof ENGINES;

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

export function isEngineName(name: string): name is EngineName {
  return name in ENGINES;
}

export function keepsIndexes(name: EngineName): boolean {
  const { keepsIndexes: keeps = false }: EngineVariant = ENGINES[name];
  return keeps;
}

/** Names the programs and files that this machine lacks to start an engine; undefined if it can. */
export function missingFor(name: EngineName): string | undefined {
  const { daemon, root, kind }: EngineVariant = ENGINES[name];
  const programs = { docker: ['containerd', 'runc', 'ip'], podman: ['crun'], containerd: ['ctr'] }[
    kind
  ];
  if (root === undefined) return missing([daemon, ...programs], { root: true });
  const absent = [root, ...(daemon.startsWith('/') ? [daemon] : [])].filter(
    (path) => !isThere(path),
  );
  if (absent.length > 0) return `${absent.join(', ')} not made by e2e/src/engines/prepare.sh`;
  return missing(kind === 'docker' ? ['ip'] : [], { root: true });
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
