import { constants } from 'node:fs';
import { copyFile, link, open } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { statIfExists } from '../../../disk/allocated.js';
import { makeFolder, syncFolder } from '../../../disk/atomic-write.js';
import { rename, rm } from '../../../disk/busy/retried.js';
import { isMissing, READ } from '../../../disk/if-there.js';
import { readRange } from '../../../disk/read-range.js';
import { ImageError, systemCode } from '../../../errors.js';
import { describe as descriptorOf } from '../../../oci/descriptor.js';
import { algorithmOf, digestOf, type Digest } from '../../../oci/digest.js';
import { isObject, parseJson } from '../../../oci/json.js';
import { DEFAULT_LIMITS } from '../../../oci/limits.js';
import { parseManifest, referrerOf } from '../../../oci/manifest.js';
import { MediaType } from '../../../oci/media-types.js';
import { blobFile, partialFolder } from '../../../store/paths.js';
import type { CallOptions } from '../../../transfer/store.js';
import { Meter } from '../../../transfer/tap.js';
import { readAll } from '../../../transfer/verified.js';
import { requiredDigests } from '../../required-digests.js';
import { foreignRepositories, type ForeignRepository } from './foreign-contents.js';
import { RegistryStore } from '../registry-store.js';

/** The counts of an import, and the images that it skipped. */
export interface ImportedRegistry {
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
  /** Blobs that both folders share now (hard links), and blobs that were copied (reflinks where the file system has them). */
  readonly linked: number;
  readonly copied: number;
  readonly bytes: number;
  /** Images that are damaged or incomplete, or of a format that registries no longer serve. */
  readonly skipped: readonly { readonly image: string; readonly reason: string }[];
}

/**
 * Imports the images of another registry's folder with their digests. Every blob is hashed; then it gets a hard link, or a
 * copy where links are not possible. Repeated, it goes on where it was stopped.
 *
 * @throws ImageError NOT_FOUND, INVALID (the folder), NO_SPACE
 */
export async function importImages(
  folder: string,
  root: string,
  { signal }: CallOptions = {},
): Promise<ImportedRegistry> {
  const store = new RegistryStore(root);
  const skipped: { image: string; reason: string }[] = [];
  const sum = { repositories: 0, tags: 0, manifests: 0, linked: 0, copied: 0, bytes: 0 };
  const took = (how: 'linked' | 'copied', bytes: number): void => {
    sum[how]++;
    sum.bytes += bytes;
  };
  for await (const repository of foreignRepositories(folder)) {
    const importing = new Importing(store, root, repository, { signal, took });
    for (const digest of repository.manifests) {
      const tags = [...repository.tags].flatMap(([tag, own]) => (own === digest ? [tag] : []));
      try {
        await importing.image(digest, tags);
        sum.tags += tags.length;
      } catch (error) {
        if (!(error instanceof ImageError) || error.code === 'NO_SPACE') throw error;
        skipped.push({ image: `${repository.name}@${digest}`, reason: error.message });
      }
    }
    sum.repositories++;
    sum.manifests += importing.done.size;
  }
  return { ...sum, skipped };
}

interface ImportingOptions extends CallOptions {
  readonly took: (how: 'linked' | 'copied', bytes: number) => void;
}

/** Imports the images of one repository. */
class Importing {
  /** Manifests that are complete. */
  readonly done = new Set<Digest>();
  readonly #store: RegistryStore;
  readonly #root: string;
  readonly #repository: ForeignRepository;
  readonly #options: ImportingOptions;

  constructor(
    store: RegistryStore,
    root: string,
    repository: ForeignRepository,
    options: ImportingOptions,
  ) {
    this.#store = store;
    this.#root = root;
    this.#repository = repository;
    this.#options = options;
  }

  /** Imports a manifest after all that it references. @throws ImageError INCOMPLETE, CORRUPT, INVALID, UNSUPPORTED */
  async image(digest: Digest, tags: readonly string[], depth = 0): Promise<void> {
    if (this.done.has(digest) && tags.length === 0) return;
    if (depth > DEFAULT_LIMITS.indexDepth)
      throw new ImageError('INVALID', `${digest}: indexes are nested too deep`);
    this.#options.signal?.throwIfAborted();
    const bytes = await readManifest(this.#repository.blobFile(digest), digest);
    const mediaType = mediaTypeOf(bytes, digest);
    const manifest = parseManifest(mediaType, bytes);
    const children = requiredDigests(manifest);
    for (const child of children)
      if (manifest.kind === 'index') await this.image(child, [], depth + 1);
      else await this.#blob(child);
    const { name } = this.#repository;
    const descriptor = referrerOf({ ...descriptorOf(mediaType, bytes), digest }, manifest, bytes);
    const subject = manifest.subject?.digest;
    await this.#store.putManifest(name, { descriptor, subject, children, bytes }, tags);
    this.done.add(digest);
  }

  async #blob(digest: Digest): Promise<void> {
    const { name } = this.#repository;
    const target = blobFile(this.#root, digest);
    if (!(await statIfExists(target))) {
      const source = this.#repository.blobFile(digest);
      const bytes = await verify(source, digest, this.#options);
      this.#options.took(await place(source, target, this.#root), bytes);
    }
    await this.#store.mount(name, digest);
  }
}

/** @throws ImageError INCOMPLETE, CORRUPT, TOO_LARGE */
async function readManifest(path: string, digest: Digest): Promise<Buffer> {
  await using file = await openBlob(path, digest);
  const bytes = await readAll(readRange(file, 0, Infinity), DEFAULT_LIMITS.manifestBytes);
  requireDigest(digest, digestOf(bytes, algorithmOf(digest)));
  return Buffer.from(bytes);
}

/** @returns the size in bytes. @throws ImageError INCOMPLETE, CORRUPT */
async function verify(path: string, digest: Digest, { signal }: CallOptions): Promise<number> {
  await using file = await openBlob(path, digest);
  const meter = new Meter(algorithmOf(digest));
  for await (const chunk of readRange(file, 0, Infinity)) {
    signal?.throwIfAborted();
    meter.add(chunk);
  }
  requireDigest(digest, meter.digest());
  return meter.size;
}

async function openBlob(path: string, digest: Digest) {
  try {
    return await open(path, READ);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ImageError('INCOMPLETE', `${digest} is missing`, { location: path });
  }
}

function requireDigest(expected: Digest, actual: string): void {
  if (actual !== expected)
    throw new ImageError('CORRUPT', `the content has the digest ${actual}, not ${expected}`);
}

/** A manifest says its type itself, or is one of OCI. @throws ImageError UNSUPPORTED (schema 1) */
function mediaTypeOf(bytes: Uint8Array, digest: Digest): string {
  const document = parseJson(bytes, digest);
  const { schemaVersion, mediaType, manifests } = isObject(document) ? document : {};
  if (schemaVersion !== 2)
    throw new ImageError(
      'UNSUPPORTED',
      `the manifest has schemaVersion ${JSON.stringify(schemaVersion) ?? 'none'}, not 2`,
    );
  if (typeof mediaType === 'string') return mediaType;
  return Array.isArray(manifests) ? MediaType.index : MediaType.manifest;
}

/** Why a hard link cannot be made: another file system, one without links, too many links, or links of others forbidden. */
const NO_LINK: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EACCES',
]);

/** Places a verified blob durably, without a copy of its bytes where the file system allows. */
async function place(source: string, target: string, root: string): Promise<'linked' | 'copied'> {
  const options = { privateTo: root };
  await makeFolder(dirname(target), options);
  try {
    await link(source, target);
    await syncFolder(dirname(target));
    return 'linked';
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') return 'linked';
    if (!NO_LINK.has(code)) throw error;
  }
  const partial = join(partialFolder(root), randomBytes(8).toString('hex'));
  await makeFolder(dirname(partial), options);
  try {
    await copyFile(source, partial, constants.COPYFILE_FICLONE);
    await using file = await open(partial, 'r+');
    await file.chmod(0o600);
    await file.sync();
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
  return 'copied';
}
