import {
  isSameImage,
  type Engine,
  type EngineImage,
  type EngineKind,
} from '../../engine/engine.js';
import type { Digest } from '../../oci/digest.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import { mapInputs } from '../workspace/inputs/map-inputs.js';
import {
  loadCandidates,
  type Candidate,
  type CandidateOptions,
  type Input,
} from './load-candidates.js';

/** An image that was loaded, or found already loaded. */
export interface LoadResult {
  readonly input: string;
  readonly reference: string;
  /** The engine's ID of the image; null in a dry run of an image that it lacks. */
  readonly imageId: Digest | null;
  readonly digest: Digest;
  readonly engine: EngineKind;
  readonly action: 'loaded' | 'skipped' | 'retagged';
  /** Bytes sent to the engine; in a dry run an upper bound. */
  readonly bytesSent: number;
}

/** Requests to an engine at once; look-ups in the embedded store share the reading of its names. */
export function requestsAtOnce({ kind }: Engine): number {
  return kind === 'embedded' ? 1000 : 8;
}

/** The work for one image. */
export interface PlannedLoad {
  readonly candidate: Candidate;
  /** The image in the engine if it has it; then at most names are added. */
  readonly present: EngineImage | undefined;
}

/**
 * Lists the images of the inputs and looks each up in the engine; nothing is changed.
 *
 * @throws ImageError NOT_FOUND, USAGE, INVALID, INCOMPLETE, CORRUPT, UNAVAILABLE
 */
export async function planLoad(
  engine: Engine,
  inputs: readonly Input[],
  options: VerbOptions & Pick<CandidateOptions, 'as' | 'platform' | 'concurrency'>,
): Promise<PlannedLoad[]> {
  const candidates = await loadCandidates(inputs, {
    ...options,
    engine: engine.location,
    defaultPlatform: () => engine.platform(options),
    keepsIndex: async () => (await engine.keepsIndex?.(options)) ?? false,
    holds: (graph) => engine.holds(graph, options),
    onSkipped: (text) => options.onEvent?.({ type: 'notice', text }),
  });
  const look = async (candidate: Candidate): Promise<PlannedLoad> => ({
    candidate,
    present: await findPresent(engine, candidate, options),
  });
  const concurrency = requestsAtOnce(engine);
  return mapInputs(candidates, look, { signal: options.signal, concurrency });
}

/** Looks by name first, so an image that is already loaded costs one request. */
export async function findPresent(
  engine: Engine,
  { references, graph }: Pick<Candidate, 'references' | 'graph'>,
  options: VerbOptions,
): Promise<EngineImage | undefined> {
  const ids = imagesOf(graph).map(({ configDescriptor }) => configDescriptor.digest);
  for (const image of [references[0], ids[0], graph.root.digest]) {
    const found = image === undefined ? undefined : await engine.inspect(image, options);
    if (found && isSameImage(found, graph)) return found;
  }
  return undefined;
}

/**
 * The references to add; with some engines that of a name by digest, too. References by digest are left out: some engines
 * cannot tag them and use the image ID instead.
 */
export function missingNames({
  candidate: { references },
  present,
}: PlannedLoad): readonly string[] {
  return references.filter(
    (reference) =>
      !reference.includes('@') &&
      (!present?.references.includes(reference) || present.withoutDigest?.includes(reference)),
  );
}

/** The results for one image; when omitted, `imageId` is that of the image that the engine had before. */
export function resultsOf(
  engine: Engine,
  planned: PlannedLoad,
  { imageId = planned.present?.id ?? null, bytesSent = 0 }: Partial<LoadResult> = {},
): LoadResult[] {
  const { candidate, present } = planned;
  const missing = missingNames(planned);
  return candidate.references.map((reference) => ({
    input: candidate.input,
    reference,
    imageId,
    digest: candidate.graph.root.digest,
    engine: engine.kind,
    action: present ? (missing.includes(reference) ? 'retagged' : 'skipped') : 'loaded',
    bytesSent,
  }));
}
