import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import {
  ImageError,
  parseAccessRule,
  type AccessRule,
  type Permission,
  type Speech,
  type Workspace,
} from '@stowage/core';
import type { ServeOptions, Serving } from '@stowage/core/registry';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import { describeFailure } from '../print/failure.js';
import { print, printJson } from '../print/print.js';
import { requestLog, type LogFormat } from '../print/request-log.js';
import { text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly root?: string;
  readonly listen?: string;
  readonly readOnly?: boolean;
  readonly upstream?: readonly string[];
  readonly htpasswd?: string;
  readonly anonymous?: Permission;
  readonly allow?: readonly AccessRule[];
  readonly allowedHost?: readonly string[];
  readonly log?: LogFormat;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxUsed?: readonly string[];
  readonly gcEvery?: string;
  readonly scrubEvery?: string;
  readonly scrubRate?: string;
  readonly workers?: number;
}

export function serveCommand(io: Io): Command {
  return withRegistry(
    verb(
      'serve',
      'Run a registry until it is stopped: one to push to, or a read-only one over archives.\n\nPrints its URL on stdout when it is ready, and logs each request on stderr. /healthz answers 200, or 503 when the storage cannot be written or is full; /metrics serves metrics to clients that may read everything. An address other than loopback needs --htpasswd or --anonymous. The key serve of a file given with --config sets all of this. SIGHUP reads users, rules, certificates and, from that file, limits and retention again.',
      [
        'stowage serve',
        'stowage serve images/ app.tar.zst',
        'stowage serve --listen 127.0.0.1:5000 --root /srv/images',
        'stowage serve --listen 0.0.0.0:5000 --htpasswd users --anonymous read',
        "stowage serve --htpasswd users --allow 'ada:write:team/*' --allow '*:read:*'",
        'stowage serve --root /srv/images --max-used 50GB --max-used team-a=20GB',
        'stowage serve --config /etc/stowage/serve.yaml',
        'stowage serve --upstream registry.example.com/mirror',
        'stowage serve --upstream docker.io=https://registry-1.docker.io --upstream quay.io=https://quay.io',
      ],
    ).summary('run a registry'),
  )
    .argument('[inputs...]', 'archives, folders of archives and layouts to serve read-only')
    .option('--root <folder>', 'folder for the content; .stowage/registry when omitted')
    .option(
      '--listen <host:port>',
      'address to listen on; :PORT for every one, a free port of 127.0.0.1 when omitted',
    )
    .option('--read-only', 'refuse pushes and deletions')
    .option(
      '--upstream <[name=]url>',
      'registry to fetch missing content from; it is kept; with a name for repositories below it and ?ns=NAME; may be repeated',
      (upstream: string, before: readonly string[] = []) => [...before, upstream],
    )
    .option('--htpasswd <file>', 'users that may log in; as htpasswd -B writes them')
    .addOption(
      new Option('--anonymous <what>', 'access without a login').choices(['read', 'write']),
    )
    .option(
      '--max-used <[path=]size>',
      'keep at most this much content; 50GB; with a path, in the repositories below it: team-a=20GB; may be repeated',
      (limit: string, before: readonly string[] = []) => [...before, limit],
    )
    .optionsGroup(GROUPS.further)
    .option(
      '--allow <user:what:repositories>',
      'let a user (* for all) read or write these repositories (* matches anything); may be repeated',
      parseRule,
    )
    .option(
      '--allowed-host <name>',
      'a host name that clients may use without a login, besides localhost and addresses (* matches anything); may be repeated',
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option('--tls-cert <file>', 'serve TLS with this certificate (PEM); reloaded when it changes')
    .option('--tls-key <file>', 'key of the TLS certificate (PEM)')
    .option('--gc-every <duration>', 'interval of garbage collection; 1h when omitted, 0 for never')
    .option(
      '--scrub-every <duration>',
      'interval of verifying all content; 7d when omitted, 0 for never',
    )
    .option(
      '--scrub-rate <size>',
      'read at most this much per second while verifying; 20MB when omitted',
    )
    .option(
      '--workers <count>',
      'processes that answer requests; one for each core, at most 4, when omitted; 1 with inputs or --upstream',
      parseWorkers,
    )
    .addOption(
      new Option(
        '--log <format>',
        'how to log requests on stderr; text when omitted, --quiet logs none',
      ).choices(['text', 'json', 'none']),
    )
    .action(
      action<Options>(io, async (workspace, inputs, { options, call, speech }) => {
        const { allow: rules, allowedHost: allowedHosts, json, quiet, log, ...more } = options;
        const { workers: _, ...rest } = more;
        const onAnswered = requestLog(
          quiet ? 'none' : (log ?? settingsOf(workspace)?.log ?? 'text'),
          io.stderr,
        );
        // The registry runs on when the reader of its output has closed the pipe.
        io.stdout.on('error', () => undefined);
        const serveOptions = { ...rest, ...call, rules, allowedHosts, onAnswered };
        const count = io.canFork ? countWorkers(workspace, inputs, options) : 1;
        if (count > 1 && (await import('node:cluster')).default.isWorker)
          return runWorker(io, workspace, serveOptions);
        const started = await start(workspace, inputs, serveOptions, count);
        // A worker has told what is wrong.
        if ('exitCode' in started) return { json: undefined, exitCode: started.exitCode };
        await using serving = started;
        const { url } = serving;
        const onHangUp = (): void => void reload(serving, io, speech);
        // At a terminal it means that the terminal was closed. Before the URL is told: who reads it may send one.
        if (!io.stderr.isTTY) process.on('SIGHUP', onHangUp);
        if (json) printJson(io.stdout, { url });
        else print(io.stdout, text`${url}\n`);
        if (!io.signal.aborted) await once(io.signal, 'abort');
        process.off('SIGHUP', onHangUp);
        io.endWithin(STOP_MS);
        // Stopping it is its normal end: exit 0.
        return { json: undefined };
      }),
    );
}

/** Runs the registry in this process, or in workers that it starts. @returns the exit code of a worker that failed to start */
async function start(
  workspace: Workspace,
  inputs: readonly string[],
  options: ServeOptions,
  workers: number,
): Promise<Serving | { readonly exitCode: number }> {
  const { serve, serveByWorkers, WorkerEnded } = await import('@stowage/core/registry');
  if (workers === 1) return serve(workspace, inputs, options);
  const { default: cluster } = await import('node:cluster');
  const fork = () =>
    cluster.fork({ UV_THREADPOOL_SIZE: process.env['UV_THREADPOOL_SIZE'] ?? THREADS });
  try {
    return await serveByWorkers(workspace, options, { workers, fork });
  } catch (error) {
    if (!(error instanceof WorkerEnded)) throw error;
    return { exitCode: error.exitCode };
  }
}

/** Threads for the file system of a worker: concurrent pushes wait for the disk at the same time. */
const THREADS = '8';

/** This process is a worker: the one that started it tells the URL, and handles signals. */
async function runWorker(
  io: Io,
  workspace: Workspace,
  options: ServeOptions,
): Promise<{ readonly json: undefined }> {
  const { serveAsWorker } = await import('@stowage/core/registry');
  // Sent to all processes of a terminal or service.
  process.on('SIGHUP', () => undefined);
  await serveAsWorker(workspace, [], { ...options, signal: io.signal });
  io.endWithin(STOP_MS);
  return { json: undefined };
}

/** Most workers when nobody has asked for a number: each takes some 60 MB. */
const MAX_DEFAULT_WORKERS = 4;

/** The number of processes that answer requests. @throws ImageError USAGE */
function countWorkers(
  workspace: Workspace,
  inputs: readonly string[],
  { workers, upstream }: Options,
): number {
  const settings = settingsOf(workspace);
  const given = workers ?? (inputs.length > 0 ? undefined : settings?.workers);
  const upstreams = upstream ?? settings?.upstream;
  if (given !== undefined && given > 1 && (inputs.length > 0 || upstreams !== undefined))
    throw new ImageError(
      'USAGE',
      `--workers ${given}: a registry ${inputs.length > 0 ? 'over archives' : 'with --upstream'} has one process`,
      { hint: 'Leave --workers out, or give 1.' },
    );
  if (inputs.length > 0 || upstreams !== undefined) return 1;
  if (given !== undefined) return given;
  return process.platform === 'win32' ? 1 : Math.min(availableParallelism(), MAX_DEFAULT_WORKERS);
}

function parseWorkers(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_WORKERS)
    return Number(text);
  throw new InvalidArgumentError(`Give a number from 1 to ${MAX_WORKERS}.`);
}

const MAX_WORKERS = 64;

/** `serve` of a settings file that was given; that of a workspace does not count. */
function settingsOf({ config, settings }: Workspace): Workspace['settings']['serve'] | undefined {
  return config === undefined ? undefined : settings.serve;
}

/** The longest time that a registry takes to stop (ms): open requests get half of it. */
const STOP_MS = 10_000;

function parseRule(text: string, before: readonly AccessRule[] = []): readonly AccessRule[] {
  try {
    return [...before, parseAccessRule(text)];
  } catch {
    throw new InvalidArgumentError("Give USER:read|write:REPOSITORIES, as 'ada:write:team/*'.");
  }
}

/** Reads users, rules, certificates, limits and retention again; a failure is only told, and what was in use stays so. */
async function reload(serving: Serving, { stderr }: Io, speech: Speech): Promise<void> {
  try {
    await serving.reload();
    print(stderr, text`reloaded users, rules, certificates, limits and retention\n`);
  } catch (error) {
    print(stderr, describeFailure(error, { interrupted: false, speech }).text);
  }
}
