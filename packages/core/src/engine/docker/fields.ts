import { ImageError } from '../../errors.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { isObject, type JsonObject } from '../../oci/json.js';

/** Reads fields of an untrusted JSON object; only the fields that are read are checked. */
export class Fields {
  readonly #value: JsonObject;
  readonly #what: string;

  /** @param what the subject of error messages. @throws ImageError INVALID (not an object) */
  constructor(value: unknown, what: string) {
    if (!isObject(value)) throw unexpected(what, 'an object', value);
    this.#value = value;
    this.#what = what;
  }

  /** The objects of a list. @throws ImageError INVALID */
  static listOf(value: unknown, what: string): readonly Fields[] {
    if (!Array.isArray(value)) throw unexpected(what, 'a list', value);
    return value.map((each, at) => new Fields(each, `${what}[${at}]`));
  }

  /** A field as it is. */
  raw(key: string): unknown {
    return this.#value[key];
  }

  /** @throws ImageError INVALID */
  string(key: string): string {
    const value = this.#value[key];
    if (typeof value !== 'string') throw unexpected(`${this.#what} ${key}`, 'text', value);
    return value;
  }

  /** A list of strings; empty when it is absent or null. @throws ImageError INVALID */
  strings(key: string): readonly string[] {
    const value = this.#value[key] ?? [];
    const isList = Array.isArray(value) && value.every((each) => typeof each === 'string');
    if (!isList) throw unexpected(`${this.#what} ${key}`, 'a list of texts', value);
    return value;
  }

  /** @throws ImageError INVALID */
  integer(key: string): number {
    const value = this.#value[key];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw unexpected(`${this.#what} ${key}`, 'an integer', value);
  }

  /** @throws ImageError INVALID */
  digest(key: string): Digest {
    const value = this.#value[key];
    if (isDigest(value)) return value;
    throw unexpected(`${this.#what} ${key}`, 'a digest', value);
  }

  /** @throws ImageError INVALID */
  object(key: string): Fields {
    return new Fields(this.#value[key], `${this.#what} ${key}`);
  }
}

function unexpected(what: string, expected: string, value: unknown): ImageError {
  const got = JSON.stringify(value)?.slice(0, 200) ?? 'nothing';
  return new ImageError('INVALID', `${what}: expected ${expected}, got ${got}`);
}
