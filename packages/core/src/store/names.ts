import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { writeAtomically } from '../disk/atomic-write.js';
import { ImageError } from '../errors.js';
import { withoutAnnotations, parseDescriptor, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { parseJson } from '../oci/json.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { ignoreMissing, removeFile } from '../disk/if-there.js';
import { imageFile, imagesFolder, nameFile, nameOfTagFile, repositoriesFolder } from './paths.js';

/** Records an image, and a name of it if one is given. Every file is written atomically. */
export async function writeName(
  root: string,
  descriptor: Descriptor,
  reference: string | undefined,
): Promise<void> {
  const content = [Buffer.from(JSON.stringify(withoutAnnotations(descriptor)))];
  await writeAtomically(imageFile(root, descriptor.digest), content, { privateTo: root });
  const path = reference === undefined ? undefined : nameFile(root, reference);
  if (path !== undefined) await writeAtomically(path, content, { privateTo: root });
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
  const named: (NamedDescriptor & { readonly reference: string })[] = [];
  for (const path of await filesBelow(repositoriesFolder(root))) {
    const reference = nameOfTagFile(relative(repositoriesFolder(root), path));
    const descriptor = reference === undefined ? undefined : await readDescriptor(path);
    if (reference !== undefined && descriptor) named.push({ descriptor, reference });
  }
  named.sort((one, other) => (one.reference < other.reference ? -1 : 1));
  const seen = new Set(named.map(({ descriptor }) => descriptor.digest));
  const roots = await Promise.all(
    (await filesBelow(imagesFolder(root))).filter(isComplete).map(readDescriptor),
  );
  return [
    ...named,
    ...roots.flatMap((descriptor) =>
      descriptor && !seen.has(descriptor.digest) ? [{ descriptor }] : [],
    ),
  ];
}

/** Finds a recorded image, named or not; undefined when there is none. */
export function readImage(root: string, digest: Digest): Promise<Descriptor | undefined> {
  return readDescriptor(imageFile(root, digest));
}

/** Undefined when the file was removed meanwhile. */
async function readDescriptor(path: string): Promise<Descriptor | undefined> {
  const bytes = await ignoreMissing(() => readFile(path));
  return bytes && parseDescriptor(parseJson(bytes, path), path);
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
