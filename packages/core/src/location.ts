import { resolve } from 'node:path';
import { hasSet } from './archive/split-archive.js';
import { statIfExists } from './disk/allocated.js';
import { expandHome } from './disk/paths/home-path.js';
import { ImageError } from './errors.js';
import {
  bareReference,
  hasDrive,
  hasHost,
  imageHint,
  isAddress,
  isLocal,
  isPath,
  notOfRegistry,
} from './location-form.js';
import { formatReference, parseReference, type Reference } from './oci/reference.js';
import { surroundingsOf, type GivenSurroundings, type Surroundings } from './surroundings.js';

/** The meaning of a location's text, decided once by `parseLocation`; `text` is the text itself, for messages. */
export type Location =
  | PipeLocation
  | FileLocation
  | StoredLocation
  | RepositoryLocation
  | NameLocation;

/** A location to write to: never a name of the catalog. */
export type DestinationLocation = Exclude<Location, NameLocation>;

/** `-`: standard input as a source, standard output as a destination. */
export interface PipeLocation {
  readonly kind: 'pipe';
  readonly text: string;
}

/** A path. The prefix or the text decides the kind of a destination; of a source, the content decides. */
export interface FileLocation {
  readonly kind: 'archive' | 'layout';
  readonly text: string;
  /** As written, without prefix and name. */
  readonly path: string;
  /** The name or digest of an image in it: `oci-archive:PATH:NAME`, `oci:PATH@DIGEST`. */
  readonly reference?: string;
}

/** An image of the embedded store (`store:`) or of the engine (`docker-daemon:`). */
export interface StoredLocation {
  readonly kind: 'store' | 'engine';
  readonly text: string;
  readonly reference: string;
}

/** An image of a registry. */
export interface RepositoryLocation {
  readonly kind: 'repository';
  readonly text: string;
  /** Without `docker://`, otherwise as written. */
  readonly reference: string;
  readonly parsed: Reference;
}

/** A name of the catalog; also a text that is nothing else, which the catalog then reports as unknown. */
export interface NameLocation {
  readonly kind: 'name';
  readonly text: string;
}

/** Options for parsing the text of a location. */
export interface LocationOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Their home folder is what `~` means; those of the process when omitted. */
  readonly surroundings?: GivenSurroundings | undefined;
  /** `HOST[:PORT][/PREFIX]`: the registry of references without a host; when omitted, they are no references. */
  readonly defaultRegistry?: string | undefined;
}

/** The folder that relative paths start in, and the home folder. */
export type PathOptions = Pick<LocationOptions, 'cwd'> & {
  readonly surroundings: Pick<Surroundings, 'home'>;
};

type BareOptions = PathOptions & Pick<LocationOptions, 'defaultRegistry'>;

/** Skopeo's prefixes, and `store:` for the embedded store. */
const PREFIX =
  /^(?:(docker):\/\/(.*)|(docker-archive|oci-archive|oci|docker-daemon|store):(?!\/\/)(.+))$/s;
/** Prefixes of other tools: refused with a reason, not parsed as references. A host with a port is no prefix. */
const FOREIGN_PREFIX = /^(?:containers-storage|containerd|dir):(?!\d+\/)/;
/** `PATH:NAME` or `PATH@DIGEST`; the colon of a Windows drive is part of the path. */
const NAMED = /^((?:[A-Za-z]:(?=[\\/]))?[^:]*?)(?::([^\\/].*)|@(sha(?:256|512):[0-9a-f]+))$/;

/**
 * Parses the location of a source as the command line takes it: `-`, a path, a name of the catalog, a reference, or a text
 * with one of skopeo's prefixes (`docker-archive:`, `oci-archive:`, `oci:`, `docker-daemon:`, `docker://`) or `store:`. Only
 * the disk is consulted, because an existing file or folder takes precedence over a name or a reference. Without a prefix, a
 * reference needs its registry, or a `defaultRegistry` and no resemblance to a path: a mistyped path must not ask a registry.
 *
 * @throws ImageError USAGE (a prefix of another tool; `docker://` without a valid reference, or with only a registry)
 */
export async function parseLocation(text: string, options: LocationOptions): Promise<Location> {
  const where = { ...options, surroundings: surroundingsOf(options.surroundings) };
  const location = parsePrefixed(text) ?? (await bareSource(text, where));
  const isNamed = location.kind === 'archive' || location.kind === 'layout';
  if (!isNamed || location.reference === undefined) return location;
  // A source that exists is a path, even if it looks like `PATH:NAME`.
  const path = text.replace(/^[a-z-]+:/, '');
  return (await exists(absolutePath(path, where))) ? { kind: location.kind, text, path } : location;
}

/**
 * Parses the location of a destination. A word without a host is a name or a reference as a source, but a file as a
 * destination.
 *
 * @throws ImageError USAGE as `parseLocation`
 */
export async function parseDestination(
  text: string,
  options: LocationOptions,
): Promise<DestinationLocation> {
  const where = { cwd: options.cwd, surroundings: surroundingsOf(options.surroundings) };
  return parsePrefixed(text) ?? bareDestination(text, where);
}

/** A text whose form alone says what it is: `-`, or one with a prefix. @throws ImageError USAGE */
function parsePrefixed(text: string): DestinationLocation | undefined {
  if (text === '-') return { kind: 'pipe', text };
  const [, docker, reference = '', prefix, rest = ''] = PREFIX.exec(text) ?? [];
  if (docker !== undefined) return repositoryLocation(text, reference);
  if (prefix === undefined) return undefined;
  if (prefix === 'docker-daemon') return { kind: 'engine', text, reference: rest };
  if (prefix === 'store') return storeLocation(rest);
  return { kind: prefix === 'oci' ? 'layout' : 'archive', text, ...splitName(rest) };
}

/** A text that stands where only a reference is allowed; `docker://` is optional. @throws ImageError USAGE */
export function parseRepositoryLocation(text: string): RepositoryLocation {
  return repositoryLocation(text, text.replace(/^docker:\/\//, ''));
}

/**
 * Parses the location of an image of a registry, as `parseLocation` does.
 *
 * @throws ImageError USAGE (a file or a text that may be a path, an image of an engine; not a reference)
 */
export async function parseRegistryImage(
  text: string,
  options: LocationOptions,
): Promise<RepositoryLocation> {
  const where = { cwd: options.cwd, surroundings: surroundingsOf(options.surroundings) };
  const location = await parseLocation(text, options);
  if (location.kind === 'repository') return location;
  const isFile = location.kind === 'archive' || location.kind === 'layout';
  const isThere = isFile && (await exists(absolutePath(location.path, where)));
  const isStored = location.kind === 'store' || location.kind === 'engine';
  throw notOfRegistry(text, { isThere, image: isStored ? location.reference : text });
}

/** The location of an image in the embedded store. */
export function storeLocation(reference: string): StoredLocation {
  return { kind: 'store', text: `store:${reference}`, reference };
}

/** The path of a location; `~` is the user's home folder. */
export function absolutePath(path: string, { cwd, surroundings }: PathOptions): string {
  return resolve(cwd, expandHome(path, surroundings));
}

/** Whether a location is, or names, a file or a folder of this machine. */
export function isOnDisk(location: Location): location is FileLocation | NameLocation {
  return ['archive', 'layout', 'name'].includes(location.kind);
}

/** @throws ImageError USAGE */
function repositoryLocation(text: string, reference: string): RepositoryLocation {
  if (isAddress(reference))
    throw new ImageError(
      'USAGE',
      `${text}: the address of a registry, without the name of an image`,
      {
        location: text,
        hint: imageHint(reference) ?? '',
      },
    );
  return { kind: 'repository', text, reference, parsed: parseReference(reference) };
}

/** A text without a prefix as a source: a path, a reference, or a name. */
async function bareSource(text: string, options: BareOptions): Promise<Location> {
  if (FOREIGN_PREFIX.test(text))
    throw new ImageError(
      'USAGE',
      `${text}: unknown kind of location; known are a path, -, a name of the catalog, docker-daemon:, docker:// and store:`,
    );
  const path = absolutePath(text, options);
  const info = await statIfExists(path);
  if (isPath(text) || info || (await hasSet(path)))
    return { kind: info?.isDirectory() ? 'layout' : 'archive', text, path: text };
  return (await bareRepository(text, options)) ?? { kind: 'name', text };
}

/** A text without a prefix as a destination: a reference with the host of a registry, or a path. */
async function bareDestination(text: string, options: PathOptions): Promise<DestinationLocation> {
  const image = await bareRepository(text, options);
  if (image) return image;
  if (/^[a-z][a-z-]*:/.test(text) && !hasDrive(text))
    throw new ImageError(
      'USAGE',
      `${text}: unknown kind of location; known are a path, -, docker-archive:, oci-archive:, oci:, docker-daemon:, docker:// and store:`,
    );
  const isFolder =
    /[\\/]$/.test(text) || (await statIfExists(absolutePath(text, options)))?.isDirectory();
  return { kind: isFolder ? 'layout' : 'archive', text, path: text };
}

/** Splits a path from the name or digest of an image. */
function splitName(text: string): Pick<FileLocation, 'path' | 'reference'> {
  const [, path, name, digest] = NAMED.exec(text) ?? [];
  const reference = name ?? digest;
  return path === undefined || reference === undefined ? { path: text } : { path, reference };
}

/** A reference; never a conventional name, nor what is, or looks like, a file, or is below a folder that is here. */
async function bareRepository(
  text: string,
  options: BareOptions,
): Promise<RepositoryLocation | undefined> {
  if (isLocal(text)) return undefined;
  const parsed = bareReference(text, options.defaultRegistry);
  if (!parsed) return undefined;
  const [first = '', ...below] = text.split('/');
  if (below.length > 0 && (await statIfExists(absolutePath(first, options)))) return undefined;
  // The text names the registry, whose name the user did not write.
  const named = hasHost(text) ? text : formatReference(parsed);
  return { kind: 'repository', text: named, reference: named, parsed };
}

async function exists(path: string): Promise<boolean> {
  return (await statIfExists(path)) !== undefined || hasSet(path);
}
