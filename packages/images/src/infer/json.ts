import { readFileSync } from 'node:fs';
import { parse, type ParseError } from 'jsonc-parser';

/** A JSON object as it was parsed: nothing is known about its values. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON file with Nx's leniency: comments and trailing commas are accepted.
 *
 * @returns undefined if there is no such file, or it is no object
 */
export function readJsonObject(path: string): JsonObject | undefined {
  try {
    return parseJsonObject(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns undefined if the text is no JSON object */
export function parseJsonObject(text: string): JsonObject | undefined {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  return errors.length === 0 && isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
