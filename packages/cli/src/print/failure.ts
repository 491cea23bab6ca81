import { asImageError, ImageError } from '@stowage/core';
import { message as lines, text, type Text } from './text.js';
import { EXIT_CODES, EXIT_INTERRUPTED, EXIT_UNEXPECTED } from '../exit-codes.js';

/** A failure as text and as JSON. */
export interface Failure {
  readonly exitCode: number;
  readonly text: Text;
  readonly json: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly hint: string | null;
      readonly location: string | null;
    };
  };
}

export function describeFailure(thrown: unknown, interrupted: boolean): Failure {
  const error = asImageError(thrown);
  if (interrupted)
    return failure(EXIT_INTERRUPTED, 'INTERRUPTED', 'interrupted; nothing was left half-done');
  if (error instanceof ImageError)
    return failure(EXIT_CODES[error.code], error.code, error.message, error.hint, error.location);
  return failure(
    EXIT_UNEXPECTED,
    'UNEXPECTED',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}

function failure(
  exitCode: number,
  code: string,
  message: string,
  hint?: string,
  location?: string,
): Failure {
  return {
    exitCode,
    text: text`stowage: ${lines(message)}${hint === undefined ? '' : text`\n  ${hint}`}\n`,
    json: { error: { code, message, hint: hint ?? null, location: location ?? null } },
  };
}
