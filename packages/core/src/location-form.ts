import { parseName } from './definition/name.js';
import { ImageError } from './errors.js';
import {
  formatReference,
  parseReference,
  splitReference,
  type Reference,
} from './oci/reference.js';
import { verb, wording, type Wording } from './wording.js';

// The meanings that a location's text can have by its form alone, without the disk.

/** A reference whose first part can only be the host of a registry. */
const HOSTED = /^(?:[^/]*[.:][^/]*|localhost)\//;
/** The address of a registry, which Docker's rules would read as an image of Docker Hub. */
const ADDRESS = /^(?:localhost|\d+(?:\.\d+){3}|\[[^\]]*\])(?::\d+)?$|^[^/:@]+\.[^/:@]+:\d+$/;

/** The host of a reference that is an IPv6 address, with the prefix of a location before it. */
const IPV6_HOST = /^(?:[a-z-]+:(?:\/\/)?)?\[(?=[^\]]*:[^\]]*:)[0-9A-Fa-f:]+\](?=:[0-9]+\/|\/)/;
const DRIVE = /^[A-Za-z]:[\\/]/;
const ARCHIVE_FILE = /\.(?:tar(?:\.\w+)?|tgz|tzst|txz|tbz2?)(?::|@|$)/;

/** Whether a text is a path by its form: `./x`, `/x`, `~/x`, `C:/x`, `x/`. */
export function isPath(text: string): boolean {
  return /^[.~\\/]|[\\/]$/.test(text) || hasDrive(text);
}

/** Whether a text is a glob pattern for files; the brackets of an IPv6 address in a reference are no pattern. */
export function isPattern(text: string): boolean {
  return /[*?[\]{}]/.test(text.replace(IPV6_HOST, ''));
}

/** Whether a text that does not exist on disk can only be a file, not a reference: a path, or `x.tar.gz`. */
export function looksLikeFile(text: string): boolean {
  return isPath(text) || ARCHIVE_FILE.test(text);
}

/** Whether a text that does not exist on disk can only be a file, or a name of the catalog with or without a tag. */
export function isLocal(text: string): boolean {
  return looksLikeFile(text) || parseName(text.replace(/[:@].*$/, '')) !== undefined;
}

/** Whether a text begins with a drive of Windows. */
export function hasDrive(text: string): boolean {
  return DRIVE.test(text);
}

/** Whether a reference begins with the host of a registry. */
export function hasHost(text: string): boolean {
  return HOSTED.test(text);
}

/** Whether a text is the address of a registry alone: `localhost:5000`. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/**
 * A reference without a prefix. Without a host, it is one of `defaultRegistry`, named as in Docker Hub (`library/nginx`),
 * unless it may be a path: `folder/x`, `images.txt`. Such a text is never sent to a registry.
 *
 * @param defaultRegistry `HOST[:PORT][/PREFIX]`.
 */
export function bareReference(text: string, defaultRegistry?: string): Reference | undefined {
  const parsed = parsedOrNone(text);
  if (!parsed || hasHost(text)) return parsed;
  const { name, tag, digest } = splitReference(text);
  const mayBePath = name.includes('/') ? (tag ?? digest) === undefined : name.includes('.');
  if (defaultRegistry === undefined || mayBePath || isAddress(text)) return undefined;
  const inHub = formatReference({ ...parsed, registry: 'docker.io' });
  return parseReference(inHub.replace('docker.io', () => defaultRegistry));
}

/** The error for a location that names nothing on this machine. */
export function nothingThere(text: string): ImageError {
  const hint = isLocal(text) ? undefined : imageHint(text);
  return new ImageError(
    hint === undefined ? 'NOT_FOUND' : 'USAGE',
    `${text}: no such file, and neither a name of the catalog nor a reference with its registry`,
    {
      location: text,
      hint:
        hint ??
        `Check the path. An image of an engine is docker-daemon:${text}, one of a registry docker://${text}.`,
    },
  );
}

/** The error for a text that stands where only an image of a registry is allowed. @param given.image its name elsewhere. */
export function notOfRegistry(
  text: string,
  given: { readonly isThere: boolean; readonly image: string },
): ImageError {
  const why = given.isThere ? 'a file or folder here' : 'not a reference';
  const list = wording`A list of images is read with ${verb('listedImages')} ${text}. `;
  const hint = looksLikeFile(text)
    ? 'An image of a registry is named REGISTRY/REPOSITORY:TAG; archives are read by load, push and copy.'
    : wording`${given.isThere ? list : ''}${imageHint(given.image) ?? 'It is named REGISTRY/REPOSITORY:TAG.'}`;
  const message = `${text}: ${why}; images of a registry are wanted`;
  return new ImageError('USAGE', message, { location: text, hint });
}

/** How to write a text that may be a path if it is to be an image; undefined if it cannot be one. */
export function imageHint(text: string): Wording | undefined {
  if (isAddress(text)) return wording`An image of that registry is ${text}/REPOSITORY:TAG.`;
  const parsed = parsedOrNone(text);
  if (!parsed) return undefined;
  const written = hasHost(text) ? `docker://${text}` : formatReference(parsed);
  return wording`For an image of a registry, write ${written}; for one of an engine, docker-daemon:${text}.`;
}

function parsedOrNone(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}
