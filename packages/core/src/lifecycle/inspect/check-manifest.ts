import { basename, dirname, join } from 'node:path';
import { statIfExists } from '../../disk/allocated.js';
import { ImageError } from '../../errors.js';
import type { Source } from '../../transfer/store.js';
import { createProblem, type ImageProblem } from '../../verify/problem.js';
import { filesMatching } from '../workspace/files-matching.js';
import {
  MANIFEST_SUFFIX,
  readTransferManifest,
  type ManifestImage,
  type TransferManifest,
} from '../copy/transfer-manifest.js';
import { filesOf } from '../copy/write-manifest.js';

/** A manifest, and where the archive or layout differs from it. */
export interface CheckedManifest {
  readonly manifest: TransferManifest | undefined;
  readonly problems: readonly ImageProblem[];
}

/**
 * Compares an archive or a layout with the manifest beside it: what is listed and not there, and what is there and not
 * listed, of files and of images.
 *
 * @throws ImageError INVALID (a manifest that cannot be read)
 */
export async function checkManifest(path: string, source: Source): Promise<CheckedManifest> {
  const manifest = await readTransferManifest(path);
  const file = basename(path) + MANIFEST_SUFFIX;
  if (!manifest) {
    const message = `${basename(path)}: not listed: ${file} does not exist`;
    return { manifest, problems: [createProblem({ code: 'NOT_FOUND', message })] };
  }
  const problems = [
    ...(await fileProblems(path, manifest, file)),
    ...(await imageProblems(source, manifest, file)),
  ];
  return { manifest, problems };
}

async function fileProblems(
  path: string,
  { files }: TransferManifest,
  manifest: string,
): Promise<ImageProblem[]> {
  const isLayout = (await statIfExists(path))?.isDirectory() ?? false;
  const there = new Map(
    isLayout ? [] : (await filesOf(path)).map((file) => [file.name, file] as const),
  );
  const problems: ImageProblem[] = [];
  for (const { name, size, sha256 } of files) {
    const found = there.get(name);
    there.delete(name);
    if (!found) problems.push(missing(name, manifest));
    else if (found.sha256 !== sha256)
      problems.push(
        createProblem({
          code: 'CORRUPT',
          member: name,
          expected: `sha256:${sha256}`,
          actual: `sha256:${found.sha256}`,
          message: `${name}: it has ${found.size} bytes and sha256:${found.sha256}, but ${manifest} lists ${size} bytes and sha256:${sha256}`,
        }),
      );
  }
  for (const name of there.keys()) problems.push(unlisted(name, manifest));
  return problems;
}

async function imageProblems(
  source: Source,
  { images }: TransferManifest,
  manifest: string,
): Promise<ImageProblem[]> {
  const listed = new Map(images.map((image) => [nameOf(image), image]));
  const problems: ImageProblem[] = [];
  for await (const { descriptor, reference = null } of source.list()) {
    const { digest } = descriptor;
    const image = nameOf({ reference, digest });
    const expected = listed.get(image)?.digest;
    listed.delete(image);
    if (expected === undefined) problems.push({ ...unlisted(image, manifest), image, digest });
    else if (expected !== digest)
      problems.push(
        createProblem({
          ...{ code: 'CORRUPT', image, digest, expected, actual: digest },
          message: `${image}: it is ${digest}, but ${manifest} lists ${expected}`,
        }),
      );
  }
  for (const [image, { digest }] of listed)
    problems.push({ ...missing(image, manifest), image, digest });
  return problems;
}

function nameOf({ reference, digest }: Pick<ManifestImage, 'reference' | 'digest'>): string {
  return reference ?? digest;
}

function missing(name: string, manifest: string): ImageProblem {
  return createProblem({ code: 'INCOMPLETE', message: `${name}: missing: ${manifest} lists it` });
}

function unlisted(name: string, manifest: string): ImageProblem {
  return createProblem({
    code: 'INVALID',
    message: `${name}: not listed: ${manifest} does not have it`,
  });
}

/** The archives and layouts that manifests in a folder list and that are not there, each with its error. */
export async function missingArchives(
  folder: string,
  found: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ImageError>> {
  const all = new Map<string, ImageError>();
  for (const file of await filesMatching(folder, [`**/*${MANIFEST_SUFFIX}`])) {
    const path = file.slice(0, -MANIFEST_SUFFIX.length);
    if (found.has(path)) continue;
    const { message } = missing(basename(path), basename(file));
    all.set(join(dirname(file), basename(path)), new ImageError('INCOMPLETE', message));
  }
  return all;
}
