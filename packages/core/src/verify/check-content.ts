import type { Descriptor } from '../oci/descriptor.js';
import { algorithmOf, type Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { isLocated } from '../transfer/extent.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { hashAll } from '../transfer/extents/hash-all.js';
import {
  hashBytes,
  type HashResult,
  type Hashing,
  type HashJob,
} from '../transfer/extents/hash-extent.js';
import { createProblem, type ImageProblem } from './problem.js';

/** Content to hash once, even if several images share it: a layer or another blob that is not parsed. */
export interface Leaf {
  readonly source: Source;
  readonly descriptor: Descriptor;
  readonly image: string;
  /** Expected digest of the decompressed content, if a config states one. */
  readonly diffId?: Digest;
}

type LeafJob = HashJob & { readonly leaf: Leaf };

/** Hashes leaves and compares the digests. Leaves with the same extent and digests are hashed once. */
export async function checkContent(
  leaves: readonly Leaf[],
  options: CallOptions,
): Promise<{ readonly bytes: number; readonly problems: readonly ImageProblem[] }> {
  const problems: ImageProblem[] = [];
  const jobs: LeafJob[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const leaf of leaves) {
    const job = await jobFor(leaf);
    if (!job) {
      const hashed = await hashRead(leaf, options);
      bytes += hashed.size;
      problems.push(...compareDigests(leaf, hashed));
      continue;
    }
    const { offset, size } = job;
    const key = [job.pieces[0]?.file, offset, size, leaf.descriptor.digest, leaf.diffId].join(' ');
    if (!seen.has(key)) jobs.push(job);
    seen.add(key);
  }
  await hashAll(
    jobs,
    (job, hashed) => {
      bytes += hashed.size;
      problems.push(...compareDigests(job.leaf, hashed, job));
    },
    options,
  );
  return { bytes, problems };
}

async function jobFor(leaf: Leaf): Promise<LeafJob | undefined> {
  const { source } = leaf;
  const extent = isLocated(source) ? await source.locate(leaf.descriptor) : undefined;
  return extent && { ...extent, ...hashingOf(leaf), leaf };
}

/** Content that is not in a local file is hashed through `Source.read`. */
function hashRead(leaf: Leaf, options: CallOptions): Promise<HashResult> {
  return hashBytes(leaf.source.read(leaf.descriptor, options), hashingOf(leaf), options);
}

function hashingOf({ source, descriptor, diffId }: Leaf): Hashing {
  const { limits = DEFAULT_LIMITS } = source;
  return {
    algorithm: algorithmOf(descriptor.digest),
    ...(diffId === undefined ? {} : { diffAlgorithm: algorithmOf(diffId) }),
    unpackedBytes: limits.unpackedBytes,
  };
}

function compareDigests(
  { source, descriptor, image, diffId }: Leaf,
  hashed: HashResult,
  at?: HashJob,
): ImageProblem[] {
  const { digest, size } = descriptor;
  const where = { image, digest, member: at?.member ?? null, offset: at?.offset ?? null };
  const mismatch = (
    code: ImageProblem['code'],
    expected: string,
    actual: string,
  ): ImageProblem[] => {
    const what = at ? `${at.member}: ` : '';
    const message = `${source.location}: ${what}expected ${expected}, got ${actual}`;
    return [createProblem({ ...where, code, expected, actual, message })];
  };
  if (hashed.size !== size || (at && at.size !== size))
    return mismatch('CORRUPT', `${size} bytes`, `${Math.max(hashed.size, at?.size ?? 0)} bytes`);
  if (hashed.digest !== digest) return mismatch('CORRUPT', digest, hashed.digest);
  if (hashed.failure !== undefined)
    return mismatch(hashed.failure.code, 'content that can be unpacked', hashed.failure.message);
  if (diffId !== undefined && hashed.diffId !== undefined && hashed.diffId !== diffId)
    return mismatch('INVALID', `the diff ID ${diffId}`, hashed.diffId);
  return [];
}
