import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { isLocated, type Extent } from '../transfer/extent.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { checkContent, type Leaf } from './check-content.js';
import { checkStructure } from './check-structure.js';
import { problem, type ImageProblem } from './problem.js';

/** What to verify. */
export interface VerifyOptions extends CallOptions {
  /** Name or digest of the only image to verify; all when omitted. */
  readonly reference?: string | undefined;
  /** Do not report platforms of an index that are missing. */
  readonly allowSparse?: boolean | undefined;
}

/** The result of a verification; the images are sound when `problems` is empty. */
export interface Verified {
  /** Number of images, each counted once. */
  readonly images: number;
  /** Number of bytes that were hashed. */
  readonly bytes: number;
  readonly problems: readonly ImageProblem[];
  /** Files that belong to no image. */
  readonly unreferenced: readonly string[];
}

/**
 * Verifies all images of a source, or one: every size and digest, every diff ID, the order of layers, that nothing is missing.
 * All problems are reported at once; shared content is hashed once.
 *
 * @throws ImageError NOT_FOUND (no image of that name); system errors of the disk
 * @example
 * const { problems } = await verifySource(source);
 * for (const { code, message } of problems) console.error(code, message);
 */
export async function verifySource(source: Source, options: VerifyOptions = {}): Promise<Verified> {
  const roots = new Map<Digest, NamedDescriptor>();
  for (const root of await rootsOf(source, options)) {
    const known = roots.get(root.descriptor.digest);
    if (!known?.reference) roots.set(root.descriptor.digest, root);
  }
  const problems: ImageProblem[] = [];
  const leaves = new Map<Digest, Leaf>();
  const seen = new Set<Digest>();
  for (const { descriptor, reference } of roots.values()) {
    const image = reference ?? descriptor.digest;
    problems.push(
      ...(await checkStructure(source, descriptor, { ...options, image, leaves, seen })),
    );
  }
  const content = await checkContent(source, [...leaves.values()], options);
  const all = [...problems, ...content.problems];
  return {
    images: roots.size,
    bytes: content.bytes,
    problems: all.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1)),
    unreferenced:
      options.reference === undefined ? await unreferenced(source, [...seen], leaves) : [],
  };
}

async function rootsOf(source: Source, options: VerifyOptions): Promise<NamedDescriptor[]> {
  if (options.reference !== undefined) return [await source.resolve(options.reference, options)];
  const roots: NamedDescriptor[] = [];
  for await (const root of source.list(options)) roots.push(root);
  return roots;
}

/** What every kind of archive or layout has beside its images. */
const STRUCTURE =
  /^(?:oci-layout|index\.json|manifest\.json|repositories|[0-9a-f]{64}\/(?:json|VERSION))$/;

async function unreferenced(
  source: Source,
  documents: readonly Digest[],
  leaves: ReadonlyMap<Digest, Leaf>,
): Promise<string[]> {
  if (!isLocated(source)) return [];
  const place = ({ pieces }: Extent) => pieces.map(({ file, offset }) => `${file} ${offset}`)[0];
  const used = new Set<string | undefined>();
  for (const digest of [...documents, ...leaves.keys()]) {
    const extent = await source.locate({ mediaType: '', digest, size: 0 } satisfies Descriptor);
    if (extent) used.add(place(extent));
  }
  return (await source.members())
    .filter((member) => !used.has(place(member)) && !STRUCTURE.test(member.member))
    .map(({ member }) => member);
}

/** What could not be opened at all, as a problem of its own. @throws what is no fault of the content */
export function asProblem(error: unknown): ImageProblem {
  if (!(error instanceof ImageError) || !OF_CONTENT.has(error.code)) throw error;
  return problem({ code: error.code, message: error.message });
}

const OF_CONTENT: ReadonlySet<string> = new Set([
  'CORRUPT',
  'INCOMPLETE',
  'INVALID',
  'TOO_LARGE',
  'UNSUPPORTED',
]);
