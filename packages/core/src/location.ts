import { parseName } from './definition/name.js';
import { parseReference } from './oci/reference.js';

/** Prefixes of locations: skopeo's, and `store:` for the embedded store. */
export type LocationPrefix = 'docker-archive' | 'oci-archive' | 'oci' | 'docker-daemon' | 'store';

const PREFIX = /^(docker-archive|oci-archive|oci|docker-daemon|store):(?!\/\/)(.+)$/;
/** `PATH:NAME` or `PATH@DIGEST`; the colon of a Windows drive is part of the path. */
const NAMED = /^((?:[A-Za-z]:(?=[\\/]))?[^:]*?)(?::([^\\/].*)|@(sha(?:256|512):[0-9a-f]+))$/;

/** Splits a location into prefix and rest; without a prefix, `rest` is the whole text. */
export function splitPrefix(text: string): { prefix?: LocationPrefix; rest: string } {
  const [, prefix, rest] = PREFIX.exec(text) ?? [];
  return rest === undefined ? { rest: text } : { prefix: prefix as LocationPrefix, rest };
}

/** Splits a path from the name or digest of an image: `x.tar:app:v1`, as in skopeo, or `x.tar@sha256:…`. */
export function splitName(text: string): { path: string; reference?: string } {
  const [, path, name, digest] = NAMED.exec(text) ?? [];
  const reference = name ?? digest;
  return path === undefined || reference === undefined ? { path: text } : { path, reference };
}

/** Prefix of a location in a registry. */
export const REPOSITORY = 'docker://';

/** Removes `docker://` from a reference, if present. */
export function withoutPrefix(text: string): string {
  return text.startsWith(REPOSITORY) ? text.slice(REPOSITORY.length) : text;
}

/** Whether a text is a path by its form alone: `./x`, `/x`, `~/x`, `C:/x`. */
export function isPath(text: string): boolean {
  return /^(\.{0,2}[\\/]|\.{1,2}$|~(?:[\\/]|$)|[A-Za-z]:[\\/])/.test(text);
}

/** Whether a location that does not exist as a file can only be a reference. Conventional names are not. */
export function looksRemote(text: string): boolean {
  if (text === '-' || isPath(text) || splitPrefix(text).prefix !== undefined) return false;
  if (/\.(?:tar(?:\.\w+)?|tgz|tzst|txz|tbz2?)(?::|@|$)/.test(text)) return false;
  if (parseName(text.replace(/[:@].*$/, ''))) return false;
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether it also has the host of a registry. As a destination, a word without a host is a file. */
export function namesHost(text: string): boolean {
  return /^(?:[^/]*[.:][^/]*|localhost)\//.test(text) && looksRemote(text);
}

/** Whether a location is a path or a name of the catalog: not a pipe, an engine, a registry or the store. */
export function isOnDisk(text: string): boolean {
  return text !== '-' && !/^(?:docker-daemon|docker|store):/.test(text);
}
