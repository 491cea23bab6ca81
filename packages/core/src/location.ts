import { parseName } from './definition/name.js';
import { parseReference } from './oci/reference.js';

/** The kinds of location that are said with a prefix; skopeo's words, and `store:` for the embedded store. */
export type LocationPrefix = 'docker-archive' | 'oci-archive' | 'oci' | 'docker-daemon' | 'store';

const PREFIX = /^(docker-archive|oci-archive|oci|docker-daemon|store):(?!\/\/)(.+)$/;
/** `PATH:NAME` or `PATH@DIGEST`; the colon of a drive is part of the path. */
const NAMED = /^((?:[A-Za-z]:(?=[\\/]))?[^:]*?)(?::([^\\/].*)|@(sha(?:256|512):[0-9a-f]+))$/;

/** Takes the prefix off a location; without one, all of it is the rest. */
export function splitPrefix(text: string): { prefix?: LocationPrefix; rest: string } {
  const [, prefix, rest] = PREFIX.exec(text) ?? [];
  return rest === undefined ? { rest: text } : { prefix: prefix as LocationPrefix, rest };
}

/** Takes the name of an image off a path: `x.tar:app:v1`, as skopeo writes it, or `x.tar@sha256:…`. */
export function splitName(text: string): { path: string; reference?: string } {
  const [, path, name, digest] = NAMED.exec(text) ?? [];
  const reference = name ?? digest;
  return path === undefined || reference === undefined ? { path: text } : { path, reference };
}

/** What is in a registry, said so. */
export const REPOSITORY = 'docker://';

/** A reference that may be written as a location. */
export function withoutPrefix(text: string): string {
  return text.startsWith(REPOSITORY) ? text.slice(REPOSITORY.length) : text;
}

/** What is a path whether it is there or not. */
export function isPath(text: string): boolean {
  return /^(\.{0,2}[\\/]|\.{1,2}$|~(?:[\\/]|$)|[A-Za-z]:[\\/])/.test(text);
}

/** Whether a location that is no file can only be a reference of a registry. Conventional names are not. */
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

/** Whether it names the host of a registry, too: where something is written, a word alone is a file. */
export function namesHost(text: string): boolean {
  return /^(?:[^/]*[.:][^/]*|localhost)\//.test(text) && looksRemote(text);
}

/** Whether a location is a path, or a name that stands for one: not a pipe, an engine, a registry or the store. */
export function isOnDisk(text: string): boolean {
  return text !== '-' && !/^(?:docker-daemon|docker|store):/.test(text);
}
