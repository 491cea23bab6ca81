import { stripVTControlCharacters } from 'node:util';
import type { ExecutorContext } from '@nx/devkit';
import {
  annotationsOf,
  asImageError,
  engineSections,
  ImageError,
  openWorkspace,
  say,
  worded,
  writeDebugLog,
  type EngineChoice,
  type LifecycleEvent,
  type VerbOptions,
  type Workspace,
} from '@stowage/core';
import { log } from '../log.js';
import { nxSpeech } from '../nx-speech.js';

export interface EngineChoiceOptions {
  /** On the target of an owner: the images whose own targets did the work already. */
  readonly images?: readonly string[];
  readonly engine?: EngineChoice;
  readonly host?: string;
}

/** Options of every executor that works on a definition. */
export interface CommonOptions extends EngineChoiceOptions {
  readonly definition: string;
}

export type Call = VerbOptions & { readonly cwd: string };

/** The work of an executor for one task. */
export type Work<Options> = (
  workspace: Workspace,
  call: Call,
  options: Options,
  context: ExecutorContext,
) => Promise<void>;

/**
 * Runs the work of an executor, which the target of an owner leaves to its images: events and errors are logged, and an `ImageError` fails the task.
 * The working folder is the workspace's root, as for every executor, wherever nx was called from.
 *
 * @param workspace the workspace of the root, if it is open already
 */
export async function run<Options extends EngineChoiceOptions>(
  options: Options,
  context: ExecutorContext,
  work: Work<Options>,
  workspace?: Promise<Workspace>,
): Promise<{ success: boolean }> {
  const { engine, host, images } = options;
  const { root } = context;
  if (images) return { success: true };
  const events = eventLog();
  try {
    startDebugLog();
    const opened = await (workspace ?? openWorkspace(root));
    await work(opened, { cwd: root, engine, host, onEvent: events.onEvent }, options, context);
    events.end();
    return { success: true };
  } catch (error) {
    events.end();
    return failed(error);
  }
}

let hasDebugLog = false;

/** Starts the debug log that `STOWAGE_DEBUG` asks for, once for all tasks of a process. @throws ImageError USAGE */
function startDebugLog(): void {
  if (hasDebugLog) return;
  writeDebugLog(process.env['STOWAGE_DEBUG'] ?? '', log.info);
  hasDebugLog = true;
}

/** Logs an `ImageError` in the words of Nx, and reports the task as failed; any other error is thrown again. */
export function failed(thrown: unknown): { success: false } {
  const error = asImageError(thrown);
  if (!(error instanceof ImageError)) throw error;
  for (const line of annotationsOf(error, process.env)) log.command(line);
  const { message, hint } = error.wording;
  log.error(`${error.code}: ${say(message, nxSpeech)}`);
  if (hint !== undefined) log.error(`  ${say(hint, nxSpeech)}`);
  return { success: false };
}

export function onEvent(event: LifecycleEvent): void {
  if (event.type === 'step') log.info(`${event.subject}: ${event.text}`);
  else if (event.type === 'notice') log.warn(worded(event, nxSpeech).text);
  else if (event.type === 'engine') log.engine(`  ${stripVTControlCharacters(event.text)}`);
}

/** {@link onEvent} with the output of an engine in sections of GitLab's log. In GitHub, whose groups cannot be nested, Nx makes one of each task. */
function eventLog(): { readonly onEvent: typeof onEvent; readonly end: () => void } {
  const { GITLAB_CI } = process.env;
  const sections = engineSections({ env: { GITLAB_CI }, now: () => Date.now() });
  const mark = (line: string | undefined) => {
    if (line !== undefined) log.command(line);
  };
  return {
    onEvent: (event) => {
      mark(sections.before(event));
      onEvent(event);
    },
    end: () => mark(sections.end()),
  };
}
