import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { makeFolder, syncFolder, writeNew, type NewFileOptions } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { ImageError } from '../errors.js';
import { withoutAnnotations, parseDescriptor, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { parseJson } from '../oci/json.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { ignoreMissing, readIfExists, removeFile } from '../disk/if-there.js';
import { forEachOf } from '../transfer/for-each-of.js';
import type { CallOptions } from '../transfer/store.js';
import {
  imageFile,
  imagesFolder,
  nameFile,
  nameOfTagFile,
  partialFolder,
  repositoriesFolder,
} from './paths.js';

/** An image to record, and a name of it if it has one. */
export interface NameToWrite {
  readonly descriptor: Descriptor;
  readonly reference?: string | undefined;
}

/** Files that are written at once: syncs of the disk at the same time are shared. */
const FILES_AT_ONCE = 16;

/**
 * Records images and their names. All files are complete on disk before the first one gets its path, and each folder is synced
 * once. A crash leaves some of the new names, each whole. With `isSynced` `false` a power cut may leave empty files, which count as
 * missing.
 */
export async function writeNames(
  root: string,
  names: readonly NameToWrite[],
  { signal, isSynced = true }: CallOptions & Pick<NewFileOptions, 'isSynced'> = {},
): Promise<void> {
  const bytes = (descriptor: Descriptor) =>
    Buffer.from(JSON.stringify(withoutAnnotations(descriptor)));
  const images = new Map(
    names.map(({ descriptor }) => [imageFile(root, descriptor.digest), bytes(descriptor)]),
  );
  const tags = new Map(
    names.flatMap(({ descriptor, reference }) => {
      const path = reference === undefined ? undefined : nameFile(root, reference);
      return path === undefined ? [] : [[path, bytes(descriptor)] as const];
    }),
  );
  const files = [...images, ...tags].map(([path, content]) => ({
    path,
    content,
    partial: join(partialFolder(root), randomBytes(8).toString('hex')),
  }));
  const writing = { concurrency: FILES_AT_ONCE, signal };
  const folders = { privateTo: root };
  try {
    await forEachOf(files, writing, async ({ path, content, partial }) => {
      await writeNew(partial, [content], { ...folders, isSynced });
      await makeFolder(dirname(path), folders);
    });
    // Images first: a tag has its image.
    for (const some of [files.slice(0, images.size), files.slice(images.size)]) {
      await forEachOf(some, writing, ({ path, partial }) => rename(partial, path));
      if (!isSynced) continue;
      const changed = [...new Set(some.map(({ path }) => dirname(path)))];
      await forEachOf(changed, writing, (folder) => syncFolder(folder));
    }
  } catch (error) {
    for (const { partial } of files) await rm(partial, { force: true });
    throw error;
  }
}

/** @throws ImageError NOT_FOUND */
export async function removeName(root: string, reference: string): Promise<void> {
  const path = nameFile(root, reference);
  if (path !== undefined && (await removeFile(path))) return;
  throw new ImageError('NOT_FOUND', `${root}: no image ${reference}`, {
    location: root,
  });
}

/** Lists every named image, sorted by name, then every image without a name. */
export async function listNames(root: string): Promise<NamedDescriptor[]> {
  const tags = (await filesBelow(repositoriesFolder(root))).flatMap((path) => {
    const reference = nameOfTagFile(relative(repositoriesFolder(root), path));
    return reference === undefined ? [] : [{ path, reference }];
  });
  const named = tags.flatMap(({ path, reference }) => {
    const descriptor = readDescriptor(path);
    return descriptor ? [{ reference, descriptor }] : [];
  });
  named.sort((one, other) => (one.reference < other.reference ? -1 : 1));
  const seen = new Set(named.map(({ descriptor }) => descriptor.digest));
  const known = new Set([...seen].map((digest) => imageFile(root, digest)));
  const roots = (await filesBelow(imagesFolder(root)))
    .filter((path) => isComplete(path) && !known.has(path))
    .map(readDescriptor);
  return [
    ...named,
    ...roots.flatMap((descriptor) =>
      descriptor && !seen.has(descriptor.digest) ? [{ descriptor }] : [],
    ),
  ];
}

/** Finds a recorded image, named or not; undefined when there is none. */
export function readImage(root: string, digest: Digest): Descriptor | undefined {
  return readDescriptor(imageFile(root, digest));
}

/** Finds the image of a name with a tag; undefined when there is none. @throws ImageError USAGE (not a reference) */
export function readTag(root: string, reference: string): Descriptor | undefined {
  const path = nameFile(root, reference);
  return path === undefined ? undefined : readDescriptor(path);
}

/** Undefined when the file was removed meanwhile, or is empty after a power cut. */
function readDescriptor(path: string): Descriptor | undefined {
  const bytes = readIfExists(path);
  return bytes && bytes.byteLength > 0 ? parseDescriptor(parseJson(bytes, path), path) : undefined;
}

function isComplete(path: string): boolean {
  return !path.endsWith('.partial');
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await ignoreMissing(() =>
    readdir(folder, { recursive: true, withFileTypes: true }),
  );
  return (entries ?? [])
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []))
    .sort();
}
