import { ImageError, tooLarge } from '../errors.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses untrusted JSON that must be one object.
 *
 * @param what the subject of error messages.
 * @throws ImageError TOO_LARGE (larger or nested deeper than the limits); INVALID (not a JSON object)
 */
export function parseJsonObject(
  bytes: Uint8Array,
  what: string,
  limits: Limits = DEFAULT_LIMITS,
): JsonObject {
  const value = parseJson(bytes, what, limits);
  if (!isObject(value))
    throw new ImageError('INVALID', `${what}: expected a JSON object, got ${kindOf(value)}`);
  return value;
}

/** Like {@link parseJsonObject}, but accepts any JSON value. */
export function parseJson(
  bytes: Uint8Array,
  what: string,
  { manifestBytes, jsonDepth }: Limits = DEFAULT_LIMITS,
): unknown {
  if (bytes.byteLength > manifestBytes)
    throw tooLarge(`${what}: ${bytes.byteLength} bytes, more than the limit of ${manifestBytes}`);
  if (nestingDepth(bytes) > jsonDepth)
    throw tooLarge(`${what}: JSON nested deeper than ${jsonDepth} levels`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ImageError('INVALID', `${what}: not valid JSON`, { cause });
  }
}

/** An object in an untrusted document. @throws ImageError INVALID (something else) */
export function objectIn(document: JsonObject, key: string, what: string): JsonObject {
  const value = document[key];
  if (isObject(value)) return value;
  throw new ImageError('INVALID', `${what} ${key}: expected an object, got ${kindOf(value)}`);
}

/** A list of objects in an untrusted document. @throws ImageError INVALID (something else) */
export function objectsIn(document: JsonObject, key: string, what: string): readonly JsonObject[] {
  const list = document[key];
  if (Array.isArray(list) && list.every(isObject)) return list;
  throw new ImageError(
    'INVALID',
    `${what} ${key}: expected a list of objects, got ${kindOf(list)}`,
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a size in bytes: a safe integer of at least 0. */
export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
}

/** The deepest level of brackets outside strings, counted without recursion. */
function nestingDepth(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return deepest;
}
