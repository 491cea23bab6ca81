import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ENGINES,
  ImageError,
  kubernetesImages,
  looksRemote,
  openWorkspace,
  parseReference,
  type RegistryFlags,
  type VerbOptions,
  type Workspace,
} from '@stowage/core';
import { Command, Option } from 'commander';
import { describeFailure } from './print/failure.js';
import { print, printDocument, printJson } from './print/print.js';
import { createProgress, type ProgressMode } from './print/progress.js';
import type { Text } from './print/text.js';

/** The process as the commands see it. */
export interface Io {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** What a command has to say when it is done. */
export interface Outcome {
  /** The documented document of `--json`; undefined when it was printed already. */
  readonly json: unknown;
  /** For people; omitted when it was printed already. */
  readonly text?: Text;
  /** In place of text: a document that was asked for, to be printed as it is. */
  readonly document?: string;
  /** 0 when omitted. */
  readonly exitCode?: number;
}

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly progress: ProgressMode;
  readonly quiet?: boolean;
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly engine?: VerbOptions['engine'];
  readonly host?: string;
  readonly namespace?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  /** Of a spelling that another tool has; ours is never on the command line. */
  readonly password?: string;
  readonly caFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly plainHttp?: boolean;
  readonly insecureSkipTlsVerify?: boolean;
  /** Further locations, of the commands that take them. */
  readonly base?: string;
  readonly to?: string;
  readonly cache?: boolean | 'true' | 'false';
  readonly fromKubernetes?: string;
}

export type Call = VerbOptions & {
  readonly cwd: string;
  readonly stdin: () => AsyncIterable<Uint8Array>;
};

/** A command with what all of them take. */
export function verb(name: string, description: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON document on stdout, on failure too')
    .addOption(
      new Option('--progress <how>', 'what to show on stderr')
        .choices(['auto', 'plain', 'json', 'none'])
        .default('auto'),
    )
    .option('-q, --quiet', 'print nothing but failures')
    .option('--config <file>', 'settings to use instead of stowage.yaml')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}

/** Adds the choice of an engine. */
export function withEngine(command: Command): Command {
  return command
    .addOption(new Option('--engine <engine>', 'which engine to use').choices([...ENGINES]))
    .option(
      '--host <address>',
      'where the engine listens, as in DOCKER_HOST; a cluster of kind or k3d',
    )
    .option('--namespace <name>', 'of containerd: k8s.io, where a kubelet looks, when omitted');
}

/** Adds how to reach registries. */
export function withRegistry(command: Command): Command {
  return command
    .option('--username <name>', 'in place of what docker login and podman login have stored')
    .option('--password-stdin', "read the user's password from standard input")
    .option('--ca-file <file>', 'certificates (PEM) to believe besides those of the system')
    .option('--client-cert <file>', 'what to show a registry that asks who we are (PEM)')
    .option('--client-key <file>', 'the key of that (PEM)')
    .option('--plain-http', 'http in place of https; on this machine it is found out')
    .option('--insecure-skip-tls-verify', 'do not verify the certificate of the registry');
}

/** Adds whether images of registries go through the cache; `--cache=false` is what other tools write. */
export function withCache(command: Command): Command {
  return command
    .addOption(new Option('--cache <wanted>').choices(['true', 'false']).hideHelp())
    .option('--no-cache', 'keep nothing in the cache of images from registries');
}

export function wantsCache({ cache }: CommonOptions): boolean {
  return cache !== false && cache !== 'false';
}

/** Inputs, and the images that Kubernetes manifests name. @throws ImageError USAGE (none at all), NOT_FOUND */
export async function withKubernetes(
  inputs: readonly string[],
  options: CommonOptions,
  call: Call,
): Promise<readonly string[]> {
  const { fromKubernetes } = options;
  const found = fromKubernetes === undefined ? [] : await kubernetesImages(fromKubernetes, call);
  const all = [...inputs, ...found.map(({ reference }) => `docker://${reference}`)];
  requireOneRegistry(new Set(all.flatMap((each) => registryOf(each, call.cwd))), options);
  if (all.length > 0) return all;
  throw new ImageError('USAGE', 'expected an input or --from-kubernetes FILE, got neither');
}

function registryOf(location: string, cwd: string): string[] {
  const [, prefixed] = /^docker:\/\/(.+)$/.exec(location) ?? [];
  const isBare = looksRemote(location) && !existsSync(resolve(cwd, location));
  const reference = prefixed ?? (isBare ? location : undefined);
  return reference === undefined ? [] : [parseReference(reference).registry];
}

/** @throws ImageError USAGE */
function requireOneRegistry(hosts: ReadonlySet<string>, { username }: CommonOptions): void {
  if (username === undefined || hosts.size < 2) return;
  throw new ImageError(
    'USAGE',
    `--username ${username}: expected one registry to log in to, got ${[...hosts].join(' and ')}`,
    { hint: 'Log in to each with docker login or podman login.' },
  );
}

/** What one user name is for is one registry: it goes to no other. @throws ImageError USAGE */
async function registryFlags(
  options: CommonOptions,
  args: readonly string[],
  { stdin, cwd }: Io,
): Promise<RegistryFlags> {
  const { username, caFile, clientCert, clientKey, plainHttp, insecureSkipTlsVerify } = options;
  const common = { username, caFile, clientCert, clientKey, plainHttp, insecureSkipTlsVerify };
  const locations = [...args, options.base].filter((each) => each !== undefined);
  const hosts = new Set(locations.flatMap((each) => registryOf(each, cwd)));
  if (options.to !== undefined)
    hosts.add(options.to.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '');
  requireOneRegistry(hosts, options);
  if (!options.passwordStdin) return { ...common, password: options.password };
  if (args.includes('-') || options.fromKubernetes === '-')
    throw new ImageError(
      'USAGE',
      '--password-stdin: expected a password on standard input, got - as a location, too',
    );
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  const password = Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '');
  return { ...common, password };
}

/** Runs a command's work between opening the workspace and printing; sets the exit code, never throws. */
export function action<T extends CommonOptions>(
  io: Io,
  work: (
    workspace: Workspace,
    args: readonly string[],
    context: { readonly options: T; readonly call: Call },
  ) => Promise<Outcome>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const options = command.optsWithGlobals<T>();
    const progress = createProgress(options.quiet ? 'none' : options.progress, io.stderr);
    const base: Call = {
      cwd: io.cwd,
      stdin: () => io.stdin,
      signal: io.signal,
      onEvent: progress.onEvent,
      dryRun: options.dryRun,
      engine: options.engine,
      host: options.host,
      namespace: options.namespace,
    };
    try {
      const call = { ...base, registry: await registryFlags(options, command.args, io) };
      const workspace = await openWorkspace(io.cwd, { config: options.config });
      const outcome = await work(workspace, command.args, { options, call });
      progress.done();
      if (options.json && outcome.json !== undefined) printJson(io.stdout, outcome.json);
      else if (!options.quiet && outcome.document !== undefined)
        printDocument(io.stdout, outcome.document);
      else if (!options.quiet && outcome.text) print(io.stdout, outcome.text);
      process.exitCode = outcome.exitCode ?? 0;
    } catch (error) {
      progress.done();
      const failure = describeFailure(error, io.signal.aborted);
      if (options.json) printJson(io.stdout, failure.json);
      print(io.stderr, failure.text);
      process.exitCode = failure.exitCode;
    }
  };
}
