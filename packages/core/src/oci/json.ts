import { ImageError } from '../errors.js';

/** No manifest, index or config may be larger (bytes); distribution spec 1.1 § Pushing Manifests. */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;
const DEPTH_LIMIT = 64;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses untrusted JSON that must be one object.
 *
 * @param what names the document in messages.
 * @throws ImageError TOO_LARGE over 4 MiB or nested deeper than 64; INVALID when it is no JSON object.
 */
export function parseJsonObject(bytes: Uint8Array, what: string): JsonObject {
  const value = parseJson(bytes, what);
  if (!isObject(value))
    throw new ImageError('INVALID', `${what}: expected a JSON object, got ${kindOf(value)}`);
  return value;
}

/** Like {@link parseJsonObject}, for a document that may be of any kind. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.byteLength > MANIFEST_LIMIT) {
    throw new ImageError(
      'TOO_LARGE',
      `${what}: expected at most ${MANIFEST_LIMIT} bytes, got ${bytes.byteLength}`,
    );
  }
  if (nesting(bytes) > DEPTH_LIMIT) {
    throw new ImageError('TOO_LARGE', `${what}: expected JSON nested at most ${DEPTH_LIMIT} deep`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ImageError('INVALID', `${what}: expected JSON, got something else`, { cause });
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number of bytes that JavaScript can hold exactly. */
export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
}

/** The deepest level of brackets outside strings, counted without recursion. */
function nesting(bytes: Uint8Array): number {
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
