import { join } from 'node:path';
import type { Base } from '../../build/make-options.js';
import { readCatalog } from '../../catalog/file.js';
import type { CatalogPlace } from '../../catalog/locate.js';
import type { ImageRecord } from '../../catalog/record.js';
import { SCRATCH, type Definition, type Facts } from '../../definition/definition.js';
import { didYouMean } from '../../definition/did-you-mean.js';
import { LOCK_FILE, parseLock, type BaseLock } from '../../definition/lock.js';
import { parseName } from '../../definition/name.js';
import { DOCUMENT_LIMIT, readUpTo } from '../../disk/paths/own-file.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { parseLocation, storeLocation, type Location } from '../../location.js';
import { looksLikeFile } from '../../location-form.js';
import { canonicalReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { sharedCache } from '../cache/shared-cache.js';
import { findDefinitions } from '../workspace/definitions.js';
import { openIn } from '../workspace/inputs/open-in.js';
import type { Workspace } from '../workspace/workspace.js';
import { verb, wording } from '../../wording.js';

/** A base that was opened, with what the record of an image built on it needs. */
export interface OpenedBase {
  readonly base: Base;
  /** The `base` of that record. */
  readonly origin: ImageRecord['base'];
  /** Compilers, packages and tools of the base, from its record. */
  readonly facts?: Facts;
}

/**
 * Opens the base of a definition: a path, an image of the workspace, or an outside reference, which is looked up in the
 * embedded store and otherwise left to the engine.
 *
 * @returns undefined for `scratch`
 * @throws ImageError NOT_FOUND, USAGE, CORRUPT, CONFLICT (the base does not have the locked digest)
 */
export async function openBase(
  workspace: Workspace,
  definition: Definition,
  folder: string,
): Promise<OpenedBase | undefined> {
  const { base } = definition;
  const { place } = workspace;
  if (base === SCRATCH) return undefined;
  if (isOutside(base))
    return await openOutside(workspace, definition, await readLock(folder, base));
  const location = await parseLocation(base, { ...workspace, cwd: folder });
  const opened = await openAt(location, workspace, folder).catch(async (error: unknown) => {
    const isAbsent = error instanceof ImageError && error.code === 'NOT_FOUND';
    throw isAbsent && parseName(base) ? await missingBase(base, place, error) : error;
  });
  const { digest, reference } = await resolveBase(opened, base);
  const name = opened.record?.name ?? base;
  return {
    base: { source: opened.source, reference },
    origin: { name, digest },
    ...(opened.record ? { facts: opened.record.facts } : {}),
  };
}

/** Whether a base is neither a path nor a conventional name. */
export function isOutside(base: string): boolean {
  return !looksLikeFile(base) && parseName(base) === undefined;
}

/** The error for a missing base: it has a definition but no archive, or the name is unknown. */
async function missingBase(base: string, place: CatalogPlace, cause: Error): Promise<ImageError> {
  const definitions = await findDefinitions({ root: place.workspace });
  const names = definitions.map(({ definition }) => definition.name);
  const known = [...names, ...(await readCatalog(place)).map(({ name }) => name)];
  const isDefined = names.includes(base);
  return new ImageError(
    'NOT_FOUND',
    isDefined
      ? `base ${base}: it has no archive yet`
      : `base ${base}: no image of this name in the workspace or the catalog`,
    {
      location: base,
      cause,
      hint: isDefined
        ? wording`Make it first: nx run ${base}:image-save, or ${verb('ensure')}.`
        : known.length === 0
          ? 'There is no image in this workspace yet.'
          : (didYouMean(base, known) ?? wording`${verb('list')} lists the images.`),
    },
  );
}

async function openOutside(
  workspace: Workspace,
  { base }: Definition,
  lock: BaseLock | undefined,
): Promise<OpenedBase> {
  const reference = canonicalReference(base);
  const opened = await openAt(storeLocation(base), workspace, workspace.root);
  const found = await resolveNamed(opened, base).catch((error: unknown) => {
    if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (found) {
    const { digest } = found.descriptor;
    if (lock && lock.digest !== digest) throw lockMismatch(base, lock.digest, digest);
    return { base: { source: opened.source, reference }, origin: { name: base, digest } };
  }
  return {
    base: { reference, ...(lock ? { digest: lock.digest } : {}) },
    origin: lock && { name: base, digest: lock.digest },
  };
}

async function readLock(folder: string, base: string): Promise<BaseLock | undefined> {
  const path = join(folder, LOCK_FILE);
  const bytes = await readUpTo(path, DOCUMENT_LIMIT);
  if (!bytes) return undefined;
  const lock = parseLock({ text: bytes.toString(), path });
  if (lock.base === base) return lock;
  throw new ImageError('CONFLICT', `${path}: it locks ${lock.base}, but the base is ${base}`, {
    location: path,
    hint: wording`Lock the new base with ${verb('updateBase')}.`,
  });
}

/** The digest and name of a base; those of an image in the share are in its record, and no request is sent. */
async function resolveBase(opened: Opened, base: string) {
  if (opened.kind === 'repository' && opened.record) return opened.record;
  const { descriptor, reference } = await resolveNamed(opened, base);
  return { digest: descriptor.digest, reference };
}

async function resolveNamed({ source, reference, record }: Opened, base: string) {
  try {
    const image = await source.resolve(reference);
    const name = image.reference ?? record?.reference;
    if (name !== undefined) return { descriptor: image.descriptor, reference: name };
    throw new ImageError('USAGE', `base ${base}: the image has no name`, {
      location: base,
    });
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens a base at its location. @throws ImageError like `openParsed`; CONFLICT (its record names another image) */
export function openAt(location: Location, workspace: Workspace, cwd: string): Promise<Opened> {
  const engine = () => {
    throw new TypeError('a base is never opened from an engine');
  };
  return openIn(workspace, location, { cwd, engine, cache: sharedCache(workspace) });
}

function lockMismatch(base: string, expected: Digest, got: Digest): ImageError {
  return new ImageError(
    'CONFLICT',
    `base ${base}: its digest is ${got}, but ${LOCK_FILE} says ${expected}`,
    { location: base, hint: wording`Lock the current base with ${verb('updateBase')}.` },
  );
}
