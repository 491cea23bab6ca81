import { asImageError, ImageError, say, type Speech } from '@stowage/core';
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

/** Describes what was thrown. An `ImageError` is worded as users of the command line speak. */
export function describeFailure(
  thrown: unknown,
  { interrupted, speech }: { readonly interrupted: boolean; readonly speech: Speech },
): Failure {
  const error = asImageError(thrown);
  if (interrupted)
    return failure(EXIT_INTERRUPTED, 'INTERRUPTED', 'interrupted; nothing was left half-done');
  if (error instanceof ImageError) {
    const { code, wording, location } = error;
    const hint = wording.hint === undefined ? undefined : say(wording.hint, speech);
    return failure(EXIT_CODES[code], code, messageOf(error, speech), hint, location);
  }
  return failure(
    EXIT_UNEXPECTED,
    'UNEXPECTED',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}

/** The message; of several failures that stand in one error, each in full. */
function messageOf({ wording, cause }: ImageError, speech: Speech): string {
  const said = say(wording.message, speech);
  const failures: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [];
  const each = failures.flatMap((one) =>
    one instanceof ImageError ? [say(one.wording.message, speech)] : [],
  );
  // A network error may consist of several, too.
  if (each.length === 0) return said;
  return [said.slice(0, said.indexOf('\n')), ...each].join('\n');
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
