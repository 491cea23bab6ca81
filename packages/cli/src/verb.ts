import type { ImageError } from '@stowage/core';
import {
  ENGINES,
  openWorkspace,
  worded,
  writeDebugLog,
  type Speech,
  type VerbOptions,
  type Workspace,
} from '@stowage/core';
import { Command, Option } from 'commander';
import { annotate, summarize } from './ci.js';
import { withExamples } from './help/examples.js';
import { GROUPS } from './help/groups.js';
import { describeFailure, type Failure } from './print/failure.js';
import { print, printDocument, printJson } from './print/print.js';
import { createProgress, type ProgressMode } from './print/progress.js';
import { createSpeech } from './print/speech.js';
import { text, type Text } from './print/text.js';
import { formatTotal, type Total, type WrittenEvent } from './print/total.js';
import { inputsOf, registryFlags, type RegistryOptions } from './registry-options.js';

/** The process as the commands see it. */
export interface Io {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  /** Whether the program may start itself again as workers; not in tests, whose program is another one. */
  readonly canFork?: boolean;
  /** Ends the process after a time (ms) if it has not ended by itself. */
  readonly endWithin: (milliseconds: number) => void;
}

/** The result of a command. */
export interface Outcome {
  /** The document of `--json`; undefined when it was printed already. */
  readonly json: unknown;
  /** The text output; omitted when it was printed already. */
  readonly text?: Text;
  /** The sum of all that was moved, for the last line. */
  readonly total?: Total;
  /** In place of text: a requested document (Dockerfile, page), printed unchanged. */
  readonly document?: string;
  /** The exit code; 0 when omitted. */
  readonly exitCode?: number;
  /** A failure that has this result: printed also where the result is not, with its exit code; `error` of the document. */
  readonly failure?: ImageError;
}

/** Options of every command. */
export interface CommonOptions extends RegistryOptions {
  readonly json?: boolean;
  readonly progress: ProgressMode;
  readonly quiet?: boolean;
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly keepGoing?: boolean;
  readonly engine?: VerbOptions['engine'];
  readonly host?: string;
  readonly namespace?: string;
  /** Further locations; only some commands take them. */
  readonly base?: readonly string[];
  readonly to?: string;
  readonly cache?: boolean | 'true' | 'false';
  readonly foreignLayers?: boolean;
}

export type Call = VerbOptions & {
  readonly cwd: string;
  readonly stdin: () => AsyncIterable<Uint8Array>;
};

/**
 * Creates a command with the options that all commands have.
 *
 * @param description a sentence, which the short help shows; after an empty line, what only the long help tells.
 * @param examples the ones that most users need first.
 */
export function verb(name: string, description: string, examples: readonly string[]): Command {
  const command = new Command(name)
    .description(description)
    .optionsGroup(GROUPS.general)
    .option('--json', 'print one JSON document on stdout, on failure too')
    .addOption(
      new Option('--progress <how>', 'kind of progress output on stderr')
        .choices(['auto', 'plain', 'json', 'none'])
        .default('auto'),
    )
    .option('-q, --quiet', 'print nothing but failures')
    .option('--config <file>', 'settings to use instead of stowage.yaml')
    .optionsGroup('');
  return withExamples(command, examples);
}

/** Adds the choice of an engine. */
export function withEngine(command: Command): Command {
  return command
    .optionsGroup(GROUPS.engine)
    .addOption(new Option('--engine <engine>', 'which engine to use').choices([...ENGINES]))
    .option(
      '--host <address>',
      'address of the engine, as in DOCKER_HOST; name of the cluster for kind and k3d',
    )
    .option(
      '--namespace <name>',
      'containerd namespace; k8s.io, the one of a kubelet, when omitted',
    )
    .optionsGroup('');
}

/** `--foreign-layers` of the commands that move images. */
export function foreignLayersOption(): Option {
  const text = 'fetch foreign layers, which only their publishers distribute, and send them too';
  return new Option('--foreign-layers', text).helpGroup(GROUPS.further);
}

/** Adds `--no-cache`; `--cache=false` is accepted as well, as other tools spell it so. */
export function withCache(command: Command): Command {
  return command
    .optionsGroup(GROUPS.further)
    .addOption(new Option('--cache <wanted>').choices(['true', 'false']).hideHelp())
    .option('--no-cache', 'bypass the cache of images from registries')
    .optionsGroup('');
}

export function wantsCache({ cache }: CommonOptions): boolean {
  return cache !== false && cache !== 'false';
}

/** The document of `--json` with the failures that did not end the command, and the one of the result. */
function withFailures(
  document: unknown,
  failed: readonly Failure[],
  whole: Failure | undefined,
): unknown {
  if (failed.length === 0 && !whole) return document;
  const failures = failed.map(({ json }) => json.error);
  return { ...(document as object), ...(failures.length > 0 && { failures }), ...whole?.json };
}

/** Runs a command's work between opening the workspace and printing; sets the exit code, never throws. */
export function action<T extends CommonOptions>(
  io: Io,
  work: (
    workspace: Workspace,
    args: readonly string[],
    context: { readonly options: T; readonly call: Call; readonly speech: Speech },
  ) => Promise<Outcome>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const options = command.optsWithGlobals<T>();
    const speech = createSpeech(command);
    const progress = createProgress(options.quiet ? 'none' : options.progress, io.stderr);
    const started = performance.now();
    let written: WrittenEvent | undefined;
    const failures: ImageError[] = [];
    const base: Call = {
      cwd: io.cwd,
      stdin: () => io.stdin,
      signal: io.signal,
      onEvent: (event) => {
        if (event.type === 'written') written = event;
        progress.onEvent(event.type === 'notice' ? worded(event, speech) : event);
      },
      dryRun: options.dryRun,
      ...(options.keepGoing ? { onFailure: (error) => failures.push(error) } : {}),
      engine: options.engine,
      host: options.host,
      namespace: options.namespace,
      foreignLayers: options.foreignLayers,
    };
    try {
      writeDebugLog(process.env['STOWAGE_DEBUG'] ?? '', (line) =>
        print(io.stderr, text`${line}\n`),
      );
      const call = { ...base, registry: await registryFlags(options, inputsOf(command), io) };
      const workspace = await openWorkspace(io.cwd, { config: options.config });
      const outcome = await work(workspace, command.args, { options, call, speech });
      progress.done();
      if (!options.dryRun) await summarize(io, command, outcome.json);
      annotate(io, failures);
      const described = (each: ImageError) => describeFailure(each, { interrupted: false, speech });
      const failed = failures.map(described);
      const whole = outcome.failure && described(outcome.failure);
      if (options.json && outcome.json !== undefined)
        printJson(io.stdout, withFailures(outcome.json, failed, whole));
      else if (!options.quiet && outcome.document !== undefined)
        printDocument(io.stdout, outcome.document);
      else if (!options.quiet && outcome.text) print(io.stdout, outcome.text);
      const milliseconds = performance.now() - started;
      const about = { written, cwd: io.cwd, dryRun: options.dryRun, milliseconds };
      const total = outcome.total && formatTotal(outcome.total, about);
      // On stderr: stdout is for the lines that scripts read, or for the archive itself.
      if (total && !options.json && !options.quiet) print(io.stderr, total);
      const all = whole ? [...failed, whole] : failed;
      for (const failure of all) print(io.stderr, failure.text);
      process.exitCode = all[0]?.exitCode ?? outcome.exitCode ?? 0;
    } catch (error) {
      progress.done();
      annotate(io, [error]);
      const failure = describeFailure(error, { interrupted: io.signal.aborted, speech });
      if (options.json) printJson(io.stdout, failure.json);
      print(io.stderr, failure.text);
      process.exitCode = failure.exitCode;
    }
  };
}
