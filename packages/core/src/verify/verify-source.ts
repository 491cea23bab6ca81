import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { isLocated, type Extent } from '../transfer/extent.js';
import type { DockerImage, Halves } from '../transfer/halves.js';
import { foreignLayersLeftOut } from '../transfer/foreign-layers.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { checkContent, type Leaf } from './check-content.js';
import { checkStructure } from './check-structure.js';
import type { CompareResult } from './compare-halves.js';
import { createProblem, type ImageProblem } from './problem.js';

/** Options of {@link verifySource}. */
export interface VerifyOptions extends CallOptions {
  /** Name or digest of the only image to verify; all when omitted. */
  readonly reference?: string | undefined;
  /** Do not report platforms of an index that are missing. */
  readonly allowSparse?: boolean | undefined;
  /** Both halves of a hybrid archive, to be compared. */
  readonly halves?: Halves | undefined;
  /** The half of a hybrid archive that the source reads; `oci` when omitted. */
  readonly half?: 'oci' | 'docker' | undefined;
  /** Do not report files that belong to no image: the source lists only a part of its images. */
  readonly isPart?: boolean | undefined;
  /** Do not report missing content of the docker half: it may be in the archive that the delta was made against. */
  readonly isDelta?: boolean | undefined;
}

/** The result of a verification; the images are valid when `problems` is empty. */
export interface VerifySourceResult {
  /** Number of different images. */
  readonly images: number;
  /** Number of bytes that were hashed, without manifests and configs. */
  readonly bytes: number;
  readonly problems: readonly ImageProblem[];
  /** Messages for the user that are not problems. */
  readonly notices: readonly string[];
  /** Files that belong to no image. */
  readonly unreferenced: readonly string[];
}

/**
 * Verifies all images of a source, or one: sizes, digests, diff IDs, the order of layers, and that no content is
 * missing. In a hybrid archive, both halves are verified and compared. All problems are reported together; shared
 * content is hashed once.
 *
 * @throws ImageError NOT_FOUND (no image of that name); system errors of the disk
 * @example
 * const { problems } = await verifySource(source);
 * for (const { code, message } of problems) console.error(code, message);
 */
export async function verifySource(
  source: Source,
  options: VerifyOptions = {},
): Promise<VerifySourceResult> {
  const roots = await rootsOf(source, options);
  const main = await checkRoots(source, roots, options);
  const other = await checkHalves(roots, main, options);
  const parts = [main, ...other.parts];
  const content = await checkContent(
    parts.flatMap(({ leaves }) => [...leaves.values()]),
    options,
  );
  const malformed = options.reference === undefined ? (source.malformed ?? []) : [];
  const all = [
    ...malformed.map(({ error, references: [image = null] }) => asProblem(error, image)),
    ...parts.flatMap(({ problems }) => problems),
    ...other.problems,
    ...content.problems,
  ];
  return {
    images: roots.length,
    bytes: content.bytes,
    problems: all.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1)),
    notices: [...main.notices, ...other.notices],
    unreferenced:
      options.reference === undefined && !options.isPart
        ? await findUnreferenced(source, parts)
        : [],
  };
}

/**
 * The result of checking the structure of one source; a hybrid archive has several sources that read the same files.
 */
interface Part {
  readonly source: Source;
  readonly leaves: Map<Digest, Leaf>;
  readonly seen: Set<Digest>;
  /** Digests of the configs of images that lack foreign layers. */
  readonly foreign: ReadonlySet<Digest>;
  readonly problems: ImageProblem[];
  readonly notices: string[];
}

async function checkRoots(
  source: Source,
  roots: readonly NamedDescriptor[],
  options: VerifyOptions,
): Promise<Part> {
  const [leaves, seen] = [new Map<Digest, Leaf>(), new Set<Digest>()];
  const problems: ImageProblem[] = [];
  const notices: string[] = [];
  const partial = new Set<Digest>();
  for (const { descriptor, reference } of roots) {
    const image = reference ?? descriptor.digest;
    const foreign = new Map<Digest, Descriptor[]>();
    const call = { ...options, image, leaves, seen, foreign };
    for (const each of await checkStructure(source, descriptor, call)) problems.push(each);
    notices.push(...foreignLayersLeftOut([...foreign.values()].flat(), image));
    for (const config of foreign.keys()) partial.add(config);
  }
  return { source, leaves, seen, foreign: partial, problems, notices };
}

async function checkHalves(
  roots: readonly NamedDescriptor[],
  main: Part,
  { halves, half = 'oci', ...options }: VerifyOptions,
): Promise<CompareResult & { readonly parts: readonly Part[] }> {
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
  // Loaded on demand: few archives have two halves.
  const { compareHalves } = await import('./compare-halves.js');
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
  // If the source reads the docker half, that half is part of `main`.
  for (const { source, error, config } of half === 'oci' ? images : []) {
    // The docker half names the same files: a layer that is missing and not foreign is a problem of `main`.
    const lacksForeign = config !== undefined && main.foreign.has(config);
    const isAllowed = error?.code === 'INCOMPLETE' && (options.isDelta || lacksForeign);
    if (error && !isAllowed) errors.push(asProblem(error));
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

/** Files that belong to the archive format, not to an image. */
const FORMAT_FILES =
  /^(?:oci-layout|index\.json|manifest\.json|repositories|[0-9a-f]{64}\/(?:json|VERSION))$/;

async function findUnreferenced(source: Source, parts: readonly Part[]): Promise<string[]> {
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
    .filter((member) => !used.has(place(member)) && !FORMAT_FILES.test(member.member))
    .map(({ member }) => member);
}

/** Converts the error of opening an archive to a problem. @throws the error itself if it is not about the content */
export function asProblem(error: unknown, image: string | null = null): ImageProblem {
  if (!(error instanceof ImageError) || !CONTENT_ERRORS.has(error.code)) throw error;
  return createProblem({ code: error.code, image, message: error.message });
}

const CONTENT_ERRORS: ReadonlySet<string> = new Set([
  'CORRUPT',
  'INCOMPLETE',
  'INVALID',
  'TOO_LARGE',
  'UNSUPPORTED',
]);
