import { relative } from 'node:path';
import { isBelow } from '../disk/paths/inside.js';
import { ImageError, type ErrorPlace } from '../errors.js';
import { printable } from '../printable.js';
import type { Environment } from '../surroundings.js';

/** A pull request shows ten annotations of a step. */
const MAX_ANNOTATIONS = 10;
/** Length of an annotation (characters). */
const MAX_CHARACTERS = 1_000;

/**
 * The lines that make GitHub show a failure at the lines of files that it is about, where a job of GitHub runs this process: print
 * them unchanged. None elsewhere.
 */
export function annotationsOf(thrown: unknown, env: Environment): readonly string[] {
  if (env['GITHUB_ACTIONS'] !== 'true') return [];
  const root = env['GITHUB_WORKSPACE'];
  return placesOf(thrown)
    .slice(0, MAX_ANNOTATIONS)
    .map(({ path, line, column, text }) => {
      const file = root && isBelow(root, path) ? relative(root, path) : path;
      const at = { file, line, ...(column === undefined ? {} : { col: column }) };
      const properties = Object.entries(at).map(([key, value]) => `${key}=${property(value)}`);
      return `::error ${properties.join(',')}::${data(text.slice(0, MAX_CHARACTERS))}`;
    });
}

/** The places of an error, of its causes, and of each of several failures in one. */
function placesOf(thrown: unknown): readonly ErrorPlace[] {
  if (thrown instanceof AggregateError) return (thrown.errors as unknown[]).flatMap(placesOf);
  if (!(thrown instanceof Error)) return [];
  const own = thrown instanceof ImageError ? thrown.places : [];
  return own.length > 0 ? own : placesOf(thrown.cause);
}

/** The data of a workflow command (actions/toolkit, `packages/core/src/command.ts`). */
function data(text: string): string {
  return text.split('\n').map(printable).join('\n').replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function property(value: string | number): string {
  return data(printable(String(value)))
    .replaceAll(':', '%3A')
    .replaceAll(',', '%2C');
}
