import { ImageError } from '../errors.js';
import { isDigest, type Digest } from './digest.js';

/**
 * A complete name of an image: the grammar of the distribution project's reference package, with
 * Docker Hub's short forms expanded.
 */
export interface Reference {
  /** Host, with its port if the reference has one: `docker.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The registry of references without a host. */
export const HUB = 'docker.io';
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[\w][\w.-]{0,127}$/;
const MAX_NAME_LENGTH = 255;
const MAX_PORT = 65_535;

/** Whether a text is a valid name of a repository. */
export function isRepository(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && REPOSITORY.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Parses a reference and adds defaults: `nginx` is `docker.io/library/nginx:latest`. A reference with a digest gets no
 * default tag.
 *
 * @throws ImageError USAGE, naming the part that is wrong
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = splitReference(text);
  const { registry, repository } = splitName(name);
  if (!HOST.test(registry))
    throw refuse(text, `${JSON.stringify(registry)} is not the host of a registry`);
  const [, port] = /:([0-9]+)$/.exec(registry) ?? [];
  if (port !== undefined && !(Number(port) > 0 && Number(port) <= MAX_PORT))
    throw refuse(text, `expected a port of 1 to ${MAX_PORT}, got ${port}`);
  requireRepository(text, name, repository);
  if (registry.length + 1 + repository.length > MAX_NAME_LENGTH)
    throw refuse(text, `the name is longer than ${MAX_NAME_LENGTH} characters`);
  if (isDigest(`sha256:${name}`))
    throw refuse(text, '64 hexadecimal digits are an image ID, not a name');
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Parses a reference that has neither a tag nor a digest. @throws ImageError USAGE */
export function parseRepository(text: string): Pick<Reference, 'registry' | 'repository'> {
  const { tag, digest } = splitReference(text);
  if (tag !== undefined || digest !== undefined)
    throw refuse(
      text,
      `a repository is wanted, without ${tag === undefined ? 'a digest' : 'a tag'}`,
    );
  const { registry, repository } = parseReference(text);
  return { registry, repository };
}

/** Parses `REPOSITORY[:TAG]`, a name in any registry, as written: no `library/` is added. @throws ImageError USAGE */
export function parseNameInRegistry(text: string): Required<Pick<Reference, 'repository' | 'tag'>> {
  const { name, tag = 'latest' } = splitReference(text);
  requireRepository(text, name, name);
  return { repository: name, tag };
}

/** Splits the name of a reference from its tag and digest; the name is not checked. @throws ImageError USAGE */
export function splitReference(
  text: string,
): Pick<Reference, 'tag' | 'digest'> & { readonly name: string } {
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw refuse(text, 'it has more than one @');
  if (digest !== undefined && !isDigest(digest))
    throw refuse(text, `expected a sha256 or sha512 digest after @, got ${JSON.stringify(digest)}`);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag))
    throw refuse(
      text,
      `expected a tag of at most 128 letters, digits, "_", "." and "-" after :, got ${JSON.stringify(tag)}`,
    );
  return {
    name: colon < 0 ? named : named.slice(0, colon),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function requireRepository(text: string, name: string, repository: string): void {
  if (REPOSITORY.test(repository)) return;
  const lower = repository.toLowerCase();
  throw refuse(
    text,
    `expected a repository of lower-case letters, digits and single separators, got ${JSON.stringify(name)}`,
    REPOSITORY.test(lower) && lower !== repository
      ? `Write ${text.replace(name, name.toLowerCase())}.`
      : undefined,
  );
}

/** Whether a text is a reference that {@link parseReference} takes. */
export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

function refuse(text: string, why: string, hint?: string): ImageError {
  return new ImageError(
    'USAGE',
    `reference ${JSON.stringify(text)}: ${why}`,
    hint === undefined ? {} : { hint },
  );
}

/** The fully qualified form: `docker.io/library/nginx:1.21`. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Docker's short form: `nginx:1.21`, `user/app:v1`; other registries keep their host. */
export function familiarReference(reference: Reference): string {
  const { registry, repository } = reference;
  const full = formatReference(reference);
  if (registry !== HUB) return full;
  const official =
    repository.startsWith('library/') && !repository.slice('library/'.length).includes('/');
  return full.slice(official ? `${HUB}/library/`.length : `${HUB}/`.length);
}

/** Parses and formats in one step: two spellings of one name become equal strings. @throws ImageError USAGE */
export function canonicalReference(text: string): string {
  return formatReference(parseReference(text));
}

/** The first component is a host if it has a dot, a port or an upper-case letter, or is `localhost`. */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (slash < 0 || !(/[.:[A-Z]/.test(first) || first === 'localhost')) {
    return { registry: HUB, repository: slash < 0 ? `library/${name}` : name };
  }
  const registry = first === 'index.docker.io' ? HUB : first;
  const repository = name.slice(slash + 1);
  return {
    registry,
    repository:
      registry === HUB && !repository.includes('/') ? `library/${repository}` : repository,
  };
}
