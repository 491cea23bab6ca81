import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { isLocated, type Extent } from '../transfer/extent.js';
import type { DockerImage, Halves } from '../transfer/halves.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { checkContent, type Leaf } from './check-content.js';
import { checkStructure } from './check-structure.js';
import { compareHalves, type Compared } from './compare-halves.js';
import { problem, type ImageProblem } from './problem.js';

/** What to verify. */
export interface VerifyOptions extends CallOptions {
  /** Name or digest of the only image to verify; all when omitted. */
  readonly reference?: string | undefined;
  /** Do not report platforms of an index that are missing. */
  readonly allowSparse?: boolean | undefined;
  /** Both descriptions of a hybrid archive, to be compared. */
  readonly halves?: Halves | undefined;
  /** The description that the source reads, of a hybrid archive. */
  readonly half?: 'oci' | 'docker' | undefined;
  /** Do not report what the docker half lacks: it may be in the archive that the delta was made against. */
  readonly isDelta?: boolean | undefined;
}

/** The result of a verification; the images are sound when `problems` is empty. */
export interface Verified {
  /** Number of images, each counted once. */
  readonly images: number;
  /** Number of bytes that were hashed. */
  readonly bytes: number;
  readonly problems: readonly ImageProblem[];
  /** Notices for people; they are not problems. */
  readonly notices: readonly string[];
  /** Files that belong to no image. */
  readonly unreferenced: readonly string[];
}

/**
 * Verifies all images of a source, or one: every size and digest, every diff ID, the order of layers, that nothing is missing;
 * of a hybrid archive, both halves, and that they are the same images. All problems are reported at once; shared content is
 * hashed once.
 *
 * @throws ImageError NOT_FOUND (no image of that name); system errors of the disk
 * @example
 * const { problems } = await verifySource(source);
 * for (const { code, message } of problems) console.error(code, message);
 */
export async function verifySource(source: Source, options: VerifyOptions = {}): Promise<Verified> {
  const roots = await rootsOf(source, options);
  const main = await checkRoots(source, roots, options);
  const other = await checkHalves(roots, main, options);
  const parts = [main, ...other.parts];
  const content = await checkContent(
    parts.flatMap(({ leaves }) => [...leaves.values()]),
    options,
  );
  const all = [
    ...parts.flatMap(({ problems }) => problems),
    ...other.problems,
    ...content.problems,
  ];
  return {
    images: roots.length,
    bytes: content.bytes,
    problems: all.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1)),
    notices: other.notices,
    unreferenced: options.reference === undefined ? await unreferenced(source, parts) : [],
  };
}

/** What was found of a source: of a hybrid there are several, over the same files. */
interface Part {
  readonly source: Source;
  readonly leaves: Map<Digest, Leaf>;
  readonly seen: Set<Digest>;
  readonly problems: ImageProblem[];
}

async function checkRoots(
  source: Source,
  roots: readonly NamedDescriptor[],
  options: VerifyOptions,
): Promise<Part> {
  const [leaves, seen] = [new Map<Digest, Leaf>(), new Set<Digest>()];
  const problems: ImageProblem[] = [];
  for (const { descriptor, reference } of roots) {
    const image = reference ?? descriptor.digest;
    const call = { ...options, image, leaves, seen };
    for (const each of await checkStructure(source, descriptor, call)) problems.push(each);
  }
  return { source, leaves, seen, problems };
}

async function checkHalves(
  roots: readonly NamedDescriptor[],
  main: Part,
  { halves, half = 'oci', ...options }: VerifyOptions,
): Promise<Compared & { readonly parts: readonly Part[] }> {
  if (!halves) return { parts: [], problems: [], notices: [] };
  const docker = await halves.docker();
  const names = new Set<string>(
    roots.flatMap(({ reference, descriptor }) => [reference ?? [], descriptor.digest].flat()),
  );
  const isWanted = ({ config, references }: DockerImage) =>
    options.reference === undefined ||
    references.some((each) => names.has(each)) ||
    (config !== undefined && main.seen.has(config));
  const images = docker.images.filter(isWanted);
  const compared = await compareHalves(
    halves.oci,
    { ...docker, images },
    {
      ...options,
      half,
      wanted: options.reference === undefined ? undefined : names,
    },
  );
  const parts: Part[] = [];
  const errors: ImageProblem[] = [];
  // Where the docker half is what was read, it is proved already.
  for (const { source, error } of half === 'oci' ? images : []) {
    const isElsewhere = options.isDelta && error?.code === 'INCOMPLETE';
    if (error && !isElsewhere) errors.push(asProblem(error));
    if (source) parts.push(await checkRoots(source, await rootsOf(source, {}), options));
  }
  return { parts, notices: compared.notices, problems: [...compared.problems, ...errors] };
}

/** Each image once, with a name where it has one. */
async function rootsOf(source: Source, options: VerifyOptions): Promise<NamedDescriptor[]> {
  if (options.reference !== undefined) return [await source.resolve(options.reference, options)];
  const roots = new Map<Digest, NamedDescriptor>();
  for await (const root of source.list(options)) {
    const known = roots.get(root.descriptor.digest);
    if (!known?.reference) roots.set(root.descriptor.digest, root);
  }
  return [...roots.values()];
}

/** What every kind of archive or layout has beside its images. */
const STRUCTURE =
  /^(?:oci-layout|index\.json|manifest\.json|repositories|[0-9a-f]{64}\/(?:json|VERSION))$/;

async function unreferenced(source: Source, parts: readonly Part[]): Promise<string[]> {
  if (!isLocated(source)) return [];
  const place = ({ pieces }: Extent) => pieces.map(({ file, offset }) => `${file} ${offset}`)[0];
  const used = new Set<string | undefined>();
  for (const part of parts) {
    if (!isLocated(part.source)) continue;
    for (const digest of [...part.seen, ...part.leaves.keys()]) {
      const extent = await part.source.locate({ mediaType: '', digest, size: 0 });
      if (extent) used.add(place(extent));
    }
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
