import { ImageError, shortList } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { isIndexType } from '../../oci/media-types.js';
import { platformDistance } from '../../oci/match-platform.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import { canonicalReference, formatReference, parseReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { withDistinctNames } from '../../transfer/graph/resolve.js';
import { attachmentOf } from '../../transfer/graph/referrers.js';
import { selectPlatform } from '../../transfer/graph/select-platform.js';
import type { Source } from '../../transfer/store.js';
import { budgetFor, walk, type Budget } from '../../transfer/graph/walk.js';
import { takesAll } from './takes-all.js';
import { withIndex } from './with-index.js';
import { forEachReadable } from '../../transfer/each-readable.js';
import { imagesOf, malformedIn } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { mapInputs, type MapInputsOptions } from '../workspace/inputs/map-inputs.js';
import { leftOut, malformedMembers } from '../workspace/notices.js';
import { option, wording } from '../../wording.js';

/** An open input with the text that the user gave for it. */
export interface Input {
  readonly input: string;
  readonly at: Opened;
  /** The reference that the user gave for content that is read elsewhere. */
  readonly name?: string;
}

/** An image to load under all of `references`; its structure is already checked. */
export interface Candidate extends Input {
  readonly graph: Graph;
  readonly references: readonly string[];
}

export interface CandidateOptions extends MapInputsOptions {
  readonly as?: string | undefined;
  /** Platform that the images must have, or all that an index has; any platform when omitted. */
  readonly platform?: Platform | 'all' | undefined;
  /** Location of the engine, for messages. */
  readonly engine: string;
  /** Called only for an index when no platform is wanted; undefined loads the whole index. */
  readonly defaultPlatform: () => Promise<Platform | undefined>;
  /** Whether the index of an image is kept if the content of only one platform is loaded; called for an index alone. */
  readonly keepsIndex: () => Promise<boolean>;
  /** Digests of the missing blobs of an image that the engine has. */
  readonly holds: (graph: Graph) => Promise<ReadonlySet<Digest>>;
  /** Called with a notice about content that is skipped because it is not an image. */
  readonly onSkipped: (text: string) => void;
}

/**
 * Lists the images of the inputs, each once.
 *
 * @throws ImageError NOT_FOUND (an empty archive), USAGE (no name, or one name for several), INVALID, INCOMPLETE, CORRUPT
 */
export async function loadCandidates(
  inputs: readonly Input[],
  options: CandidateOptions,
): Promise<Candidate[]> {
  const list = async (each: Input) => ({ ...each, images: await imagesIn(each, options) });
  const found = await mapInputs(inputs, list, options);
  const count = found.reduce((sum, { images }) => sum + images.size, 0);
  if (options.as !== undefined && count !== 1 && (count > 0 || !options.onFailure)) {
    throw new ImageError(
      'USAGE',
      wording`${option('as', options.as)}: one name cannot be that of ${count} images`,
    );
  }
  const read = async ({ images, ...input }: (typeof found)[number]) => {
    const budget = budgetFor(input.at.source);
    const listed = await candidatesIn(input, images, { ...options, budget });
    const [artifact] = listed.artifacts;
    if (count === 1 && artifact) throw artifactError(input.input, artifact.kind);
    return listed;
  };
  const listed = await mapInputs(found, read, options);
  const artifacts = listed.flatMap((each) => each.artifacts.map(({ name }) => name));
  if (artifacts.length > 0)
    options.onSkipped(`skipped artifacts, which an engine cannot run: ${shortList(artifacts)}`);
  return listed.flatMap(({ candidates }) => candidates);
}

/** Content without an image. */
interface Artifact {
  readonly name: string;
  readonly kind: string;
}

/** @throws ImageError INVALID, UNSUPPORTED (an input with malformed images and no other) */
async function candidatesIn(
  given: Input,
  images: ReadonlyMap<Descriptor, readonly string[]>,
  options: CandidateOptions & { readonly budget: Budget },
): Promise<{ readonly candidates: readonly Candidate[]; readonly artifacts: readonly Artifact[] }> {
  const { input, at } = given;
  const candidates: Candidate[] = [];
  const artifacts: Artifact[] = [];
  const malformed: { readonly name: string; readonly error: ImageError }[] = [];
  await forEachReadable(
    images,
    async ([root, references]) => {
      const graph = await graphOf({ input, at }, root, options);
      if (imagesOf(graph).length === 0) {
        // Loaded on demand: most archives have images alone.
        const { artifactKind } = await import('./artifact-kind.js');
        artifacts.push({ name: references[0] ?? root.digest, kind: artifactKind(graph) });
        return;
      }
      malformedMembers(graph).forEach((text) => options.onSkipped(text));
      const names = namesFor(given, root, references, options);
      candidates.push({ input, at, references: names, graph });
    },
    (error, [root, references]) => malformed.push({ name: references[0] ?? root.digest, error }),
  );
  if (candidates.length === 0 && malformed[0]) throw malformed[0].error;
  for (const { name, error } of malformed) options.onSkipped(leftOut(name, error));
  return { candidates, artifacts };
}

async function imagesIn(
  { input, at }: Input,
  { onSkipped }: CandidateOptions,
): Promise<Map<Descriptor, string[]>> {
  const all: NamedDescriptor[] = [];
  if (at.reference === undefined) for await (const image of at.source.list()) all.push(image);
  else all.push(await at.source.resolve(at.reference));
  const own: NamedDescriptor[] = [];
  const referring: string[] = [];
  for (const image of all) {
    const attached = all.length > 1 && (await attachmentOf(at.source, image));
    if (attached) referring.push(`${image.descriptor.digest} (refers to ${attached.subject})`);
    else own.push(image);
  }
  const images = await withDistinctNames(at.source, own);
  if (referring.length > 0)
    onSkipped(`${input}: skipped artifacts that refer to an image: ${shortList(referring)}`);
  if (images.length === 0)
    throw new ImageError('NOT_FOUND', `${input}: the archive has no image`, {
      location: input,
    });
  const roots = new Map<Digest, Descriptor>();
  const names = new Map<Descriptor, string[]>();
  for (const { descriptor, reference } of images) {
    const root = roots.get(descriptor.digest) ?? descriptor;
    roots.set(descriptor.digest, root);
    const known = names.get(root) ?? [];
    if (reference !== undefined) known.push(reference);
    names.set(root, known);
  }
  return names;
}

function namesFor(
  { input, at, name }: Input,
  root: Descriptor,
  names: readonly string[],
  { as }: CandidateOptions,
): readonly string[] {
  if (as !== undefined) return [canonicalReference(as)];
  if (name !== undefined) return [requestedName(name)];
  if (at.kind === 'repository' && at.reference !== undefined) return [requestedName(at.reference)];
  if (names.length > 0) return names;
  if (at.record) return [at.record.reference];
  throw new ImageError('USAGE', `${input}: the image ${root.digest} has no name`, {
    location: input,
    hint: wording`Name it with ${option('as', 'REFERENCE')}; or, if its name is only a tag, give the repository with ${option('repository')}.`,
  });
}

/** The name that the user gave, not that of an earlier pull of the same image; a digest after a tag is dropped. */
function requestedName(reference: string): string {
  const { digest, tag, ...name } = parseReference(reference);
  if (tag !== undefined) return formatReference({ ...name, tag });
  return formatReference({ ...name, ...(digest === undefined ? {} : { digest }) });
}

/** The graph of an image; blobs may be missing (a delta) if the engine has them. @throws ImageError INCOMPLETE */
async function completeGraph(
  source: Source,
  root: Descriptor,
  options: CandidateOptions & { readonly budget: Budget },
): Promise<Graph> {
  const graph = await walk(source, root, { ...options, missing: 'report' });
  if (graph.missing.length === 0) return graph;
  const held = await options.holds(graph);
  const isComplete = graph.missing.every(({ digest }) => held.has(digest));
  return isComplete ? graph : walk(source, root, options);
}

function artifactError(input: string, kind: string): ImageError {
  const message = `${input}: it is ${kind}, not an image: an engine cannot run it`;
  return new ImageError('INVALID', message, { location: input });
}

/** The graph of the image for the wanted platform, or of an artifact. */
async function graphOf(
  { input, at: { source } }: Input,
  root: Descriptor,
  options: CandidateOptions & { readonly budget: Budget },
): Promise<Graph> {
  const isIndex = isIndexType(root.mediaType);
  const wanted = options.platform === 'all' ? undefined : options.platform;
  const own = isIndex && !wanted ? await options.defaultPlatform() : undefined;
  const isAll =
    options.platform === 'all' && own && (await takesAll(source, root, own, { ...options, input }));
  const platform = isAll ? undefined : (wanted ?? own);
  const chosen = platform ? await selectPlatform(source, root, platform, options) : root;
  const graph = await completeGraph(source, chosen, options);
  const [image] = imagesOf(graph);
  const [malformed] = malformedIn(graph);
  if (!image && malformed) throw malformed.error;
  if (!image) return graph;
  const actual = image.config.platform;
  if (platform && !isIndex && platformDistance(actual, platform) === undefined) {
    throw new ImageError(
      'NOT_FOUND',
      `${input}: no image for ${formatPlatform(platform)}; it is for ${formatPlatform(actual)}`,
      { location: input },
    );
  }
  return chosen !== root && (await options.keepsIndex())
    ? withIndex(source, root, graph, options)
    : graph;
}
