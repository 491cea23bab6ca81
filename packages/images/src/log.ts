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
  info: (message: string): void => logger.info(oneLine(message)),
  warn: (message: string): void => logger.warn(oneLine(message)),
  error: (message: string): void => logger.error(lines(message)),
  /** A document, on several lines. */
  json: (document: unknown): void => logger.info(printableJson(document, 2)),
};

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
