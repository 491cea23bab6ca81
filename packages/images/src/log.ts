import { AsyncLocalStorage } from 'node:async_hooks';
import { logger } from '@nx/devkit';
import {
  ImageError,
  printable,
  printableJson,
  printableLines,
  say,
} from '@stowage/core/definition';
import { nxSpeech } from './nx-speech.js';

/**
 * Nx's logger, for messages with untrusted parts: control characters are escaped, each message stays on its line,
 * and none is a command for the CI system that reads the log.
 */
export const log = {
  info: (message: string): void => print('info', oneLine(message)),
  warn: (message: string): void => print('warn', oneLine(message)),
  error: (message: string): void => print('error', lines(message)),
  /** A line that the engine wrote. */
  engine: (message: string): void => print('info', oneLine(message), 'engine'),
  /** A line of ours for the CI system that reads the log, unchanged. */
  command: (line: string): void => print('info', line, 'engine'),
  /** A document, on several lines. */
  json: (document: unknown): void => print('info', printableJson(document, 2)),
};

/** Takes messages in place of Nx's logger. */
export type LogSink = (text: string, kind: 'message' | 'engine') => void;

const sinks = new AsyncLocalStorage<LogSink>();

/** Runs work whose messages go to a function: the tasks of a batch are in one process, each with an output of its own. */
export function logTo<T>(sink: LogSink, work: () => Promise<T>): Promise<T> {
  return sinks.run(sink, work);
}

function print(
  level: 'info' | 'warn' | 'error',
  text: string,
  kind: Parameters<LogSink>[1] = 'message',
): void {
  const sink = sinks.getStore();
  if (sink) sink(text, kind);
  else logger[level](text);
}

/** Runs a generator. Nx prints error messages unchanged, so they are escaped here. */
export async function printing<T>(generate: () => Promise<T>): Promise<T> {
  try {
    return await generate();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const { code, wording } = error;
    const { message, hint } = wording;
    throw new ImageError(code, lines(say(message, nxSpeech)), {
      cause: error,
      ...(hint === undefined ? {} : { hint: oneLine(say(hint, nxSpeech)) }),
    });
  }
}

function oneLine(message: string): string {
  return printableLines(printable(message));
}

/** Errors may have several lines; those after the first begin with `|`, so that none looks like output of ours. */
function lines(message: string): string {
  return printableLines(message.trimEnd().split('\n').map(printable).join('\n  | '));
}
