import { posix } from 'node:path';
import type { Surroundings } from '../../../surroundings.js';

/**
 * The addresses at which an engine listens if nothing else is set up: those of the engine itself, then those of programs that
 * run it in a virtual machine (Docker Desktop, Rancher Desktop, Colima, OrbStack, Lima; podman machine).
 */
export function usualSockets(
  engine: 'docker' | 'podman',
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
  platform: NodeJS.Platform,
): readonly string[] {
  if (platform === 'win32') return WINDOWS_PIPES[engine].map((pipe) => `npipe:////./pipe/${pipe}`);
  const folders: Folders = {
    home,
    runtime: env['XDG_RUNTIME_DIR'],
    temporary: env['TMPDIR'],
    colima: env['COLIMA_HOME'] ?? posix.join(home, '.colima'),
    config: env['XDG_CONFIG_HOME'] ?? posix.join(home, '.config'),
  };
  const sockets = engine === 'docker' ? DOCKER_SOCKETS : PODMAN_SOCKETS;
  return sockets.flatMap(([folder, path, only]) => {
    const base = folder === 'root' ? '/' : folders[folder];
    const isHere = only === undefined || only === platform;
    return base !== undefined && base !== '' && isHere ? [`unix://${posix.join(base, path)}`] : [];
  });
}

interface Folders {
  readonly home: string;
  readonly runtime: string | undefined;
  readonly temporary: string | undefined;
  readonly colima: string;
  readonly config: string;
}

/** A folder, the socket below it, and the only platform that has it. */
type Socket = readonly [folder: keyof Folders | 'root', path: string, only?: NodeJS.Platform];

const DOCKER_SOCKETS: readonly Socket[] = [
  ['root', 'var/run/docker.sock'],
  // Rootless docker.
  ['runtime', 'docker.sock'],
  // Docker Desktop.
  ['home', '.docker/run/docker.sock'],
  ['home', '.docker/desktop/docker.sock'],
  // Rancher Desktop.
  ['home', '.rd/docker.sock'],
  ['colima', 'default/docker.sock'],
  ['config', 'colima/default/docker.sock'],
  ['home', '.orbstack/run/docker.sock', 'darwin'],
  ['home', '.lima/docker/sock/docker.sock'],
];

const PODMAN_SOCKETS: readonly Socket[] = [
  ['runtime', 'podman/podman.sock'],
  ['root', 'run/podman/podman.sock'],
  // podman machine: version 5, then 4.
  ['runtime', 'podman/podman-machine-default-api.sock'],
  ['temporary', 'podman/podman-machine-default-api.sock', 'darwin'],
  ['home', '.local/share/containers/podman/machine/podman.sock'],
  ['home', '.local/share/containers/podman/machine/qemu/podman.sock'],
];

const WINDOWS_PIPES = {
  docker: ['docker_engine', 'dockerDesktopLinuxEngine'],
  podman: ['podman-machine-default'],
} as const;
