import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, must, run } from '../run.js';
import {
  ENGINES,
  ENGINES_FOLDER,
  missingFor,
  type EngineName,
  type EngineVariant,
} from './matrix.js';

/** An engine with its own socket and images, which are removed when it stops. */
export interface StartedEngine {
  readonly name: EngineName;
  readonly kind: EngineVariant['kind'];
  /** Its folder, which it sees at the same path. */
  readonly folder: string;
  /** Its address: `unix://…`, or the path of containerd's socket. */
  readonly host: string;
  /** The containerd of a docker, which it starts itself; that of a containerd. */
  readonly containerd: string;
  /** The folder of its images, on this machine. */
  readonly data: string;
  /** Options of `stowage` that choose it. */
  readonly flags: readonly string[];
  /** A folder with its client programs, to be put before the others in PATH. */
  readonly programs: string;
  /** Environment variables for `docker` and `ctr` of this engine. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Time that an engine has to answer, and to end (ms). */
const [START_TIMEOUT_MS, STOP_TIMEOUT_MS] = [60_000, 20_000];

/**
 * Starts an engine of the matrix.
 *
 * @param configuration a configuration file of containerd, in place of the machine's own.
 * @throws Error with the end of its log, or with what is missing
 */
export async function startEngine(
  name: EngineName,
  configuration?: string,
): Promise<StartedEngine> {
  const why = missingFor(name);
  if (why !== undefined) throw new Error(`${name}: ${why}`);
  const variant: EngineVariant = ENGINES[name];
  const { kind, root } = variant;
  const folder = await mkdtemp(join(tmpdir(), `stowage-${name}-`));
  const socket = join(folder, 'engine.sock');
  const programs = await clientsOf(variant, folder);
  const bridge = `stw-${randomBytes(4).toString('hex')}`;
  if (kind === 'docker') await makeBridge(bridge);
  const daemon = await spawnDaemon(await configured(variant, folder, configuration), {
    folder,
    socket,
    bridge,
  });
  const log: string[] = [];
  daemon.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const stop = async () => {
    await end(daemon);
    // Mounts that a daemon leaves in this machine's own root.
    if (root === undefined)
      for (const mount of ['exec/netns/default', 'root/vfs', 'root/overlay'])
        await run('umount', [join(folder, mount)]);
    if (kind === 'docker') await run('ip', ['link', 'delete', bridge]);
    await rm(folder, { recursive: true, force: true });
  };
  const answers = kind === 'containerd' ? connects : pings;
  for (const deadline = Date.now() + START_TIMEOUT_MS; !(await answers(socket)); ) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${name} did not start:\n${log.join('').slice(-4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const isContainerd = kind === 'containerd';
  const host = isContainerd ? socket : `unix://${socket}`;
  const containerd = isContainerd ? socket : join(folder, 'exec/containerd/containerd.sock');
  return {
    name,
    kind,
    folder,
    host,
    containerd,
    data: join(folder, 'root'),
    flags: ['--engine', kind, '--host', host],
    programs,
    env: {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      ...(isContainerd ? { CONTAINERD_ADDRESS: socket } : { DOCKER_HOST: host }),
    },
    stop,
  };
}

async function configured(
  variant: EngineVariant,
  folder: string,
  configuration: string | undefined,
): Promise<EngineVariant> {
  if (configuration === undefined) return variant;
  const path = join(folder, 'engine.toml');
  await writeFile(path, configuration);
  return { ...variant, args: [...(variant.args ?? []), '--config', path] };
}

async function spawnDaemon(
  { kind, daemon, args = [], root }: EngineVariant,
  { folder, socket, bridge }: { folder: string; socket: string; bridge: string },
): Promise<ChildProcess> {
  const [data, state] = [join(folder, 'root'), join(folder, 'exec')];
  const configuration = join(folder, 'containers.conf');
  await writeFile(
    configuration,
    '[containers]\npids_limit = 0\ndefault_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]\n',
  );
  const own = {
    docker: [
      ...['--data-root', data, '--exec-root', state, '--pidfile', join(folder, 'pid')],
      ...['-H', `unix://${socket}`, '--iptables=false', '--ip6tables=false', '--bridge', bridge],
    ],
    podman: [
      ...['--root', data, '--runroot', state, '--storage-driver', 'vfs'],
      ...['system', 'service', '--time=0', `unix://${socket}`],
    ],
    containerd: ['--root', data, '--state', state, '--address', socket],
  }[kind];
  const command = [daemon, ...own, ...args];
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const env = {
    ...cleanEnvironment(),
    CONTAINERS_CONF: configuration,
    TMPDIR: temporary,
    // The interface for kubelets sets limits that only the machine's own hierarchy has.
    CGROUPS: kind === 'containerd' ? 'machine' : 'own',
  };
  const options = { stdio: ['ignore', 'ignore', 'pipe'] as 'pipe'[], env };
  if (root === undefined) return spawn(daemon, [...own, ...args], options);
  const enter = [join(import.meta.dirname, 'enter.sh'), root, folder, ENGINES_FOLDER, '--'];
  return spawn('unshare', ['--mount', '--propagation', 'private', ...enter, ...command], options);
}

/** A folder with the clients of the engine's own root: they run on this machine with that root's libraries. */
async function clientsOf({ root }: EngineVariant, folder: string): Promise<string> {
  const programs = join(folder, 'programs');
  await mkdir(programs);
  for (const program of root === undefined ? [] : ['ctr', 'docker', 'docker-compose']) {
    const path = join(programs, program);
    const loader = `'${root}/lib64/ld-linux-x86-64.so.2' --library-path '${root}/lib/x86_64-linux-gnu'`;
    await writeFile(path, `#!/bin/sh\nexec ${loader} '${root}/usr/bin/${program}' "$@"\n`);
    await chmod(path, 0o755);
  }
  return programs;
}

/** The network of containers and builds that ask for none: without a way out, in the range for tests (RFC 2544). */
async function makeBridge(name: string): Promise<void> {
  await must('ip', ['link', 'add', name, 'type', 'bridge']);
  await must('ip', ['address', 'add', `198.18.${randomBytes(1)[0] ?? 0}.1/24`, 'dev', name]);
  await must('ip', ['link', 'set', name, 'up']);
}

/** Ends a daemon, with force if it takes too long. */
async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const gone = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  const timer = setTimeout(() => daemon.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}

function pings(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('error', () => resolve(false));
    ping.on('timeout', () => ping.destroy());
    ping.end();
  });
}

function connects(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}
