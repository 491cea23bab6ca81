import { requireSpace } from '../../disk/free-space.js';
import {
  isSameImage,
  type Engine,
  type EngineImage,
  type EngineKind,
} from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { Platform } from '../../oci/platform.js';
import type { Bytes } from '../../transfer/store.js';
import { imagesOf, sizeOf } from '../../transfer/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import { cacheFor } from '../cache/shared-cache.js';
import { loadCandidates, type Candidate, type Input } from './load-candidates.js';
import { makeRoom } from '../prune/make-room.js';
import type { Need } from '../../disk/free-space.js';
import { recordImageUse } from '../workspace/note-use.js';
import { evictCache } from '../cache/purge-cache.js';
import { sendImages } from './send-images.js';
import { noticesOf } from '../workspace/notices.js';
import { openIn } from '../workspace/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';

/** How images are loaded. */
export interface LoadOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** Location of content that the images lack: the archive that a delta was made against. */
  readonly base?: string | undefined;
  /** Repository for images whose name is only a tag. */
  readonly repository?: string | undefined;
  /** Name in the engine, for one input with one image; used exactly as written. */
  readonly as?: string | undefined;
  /** `false` bypasses the registry cache; every input must then be a registry reference. */
  readonly cache?: boolean | undefined;
  /** Platform to load from an index; the engine's platform when omitted. */
  readonly platform?: Platform | undefined;
}

/** An image that was loaded, or found already loaded. */
export interface LoadResult {
  readonly input: string;
  readonly reference: string;
  /** The engine's ID of the image; null in a dry run of an image that it lacks. */
  readonly imageId: Digest | null;
  readonly digest: Digest;
  readonly engine: EngineKind;
  readonly action: 'loaded' | 'skipped' | 'retagged';
  /** Bytes sent to the engine. */
  readonly bytesSent: number;
}

/**
 * Loads images into an engine. Every input is opened and its structure checked before the engine is changed; content is
 * verified while it streams. Content that the engine has is not sent again.
 *
 * @throws ImageError NOT_FOUND, CORRUPT, INCOMPLETE, INVALID, USAGE, UNAVAILABLE, NO_SPACE, CONFLICT
 */
export async function load(
  workspace: Workspace,
  inputs: readonly string[],
  options: LoadOptions,
): Promise<LoadResult[]> {
  const cache = await cacheFor(workspace, inputs, options);
  const opened: Input[] = [];
  await using engine = lazyEngine(workspace, options);
  try {
    for (const input of inputs) {
      const at = await openIn(workspace, input, { ...options, cache, engine: engine.get });
      opened.push({ input, at });
      for (const text of noticesOf(at)) options.onEvent?.({ type: 'notice', text });
    }
    const target = await engine.get();
    const defaultPlatform = () => target.platform(options);
    const candidates = await loadCandidates(opened, {
      ...options,
      defaultPlatform,
      holds: (graph) => target.holds(graph, options),
      onSkipped: (text) => options.onEvent?.({ type: 'notice', text }),
    });
    const decisions: Decision[] = [];
    for (const candidate of candidates)
      decisions.push({ candidate, present: await findPresent(target, candidate, options) });
    if (options.dryRun) return decisions.flatMap((decision) => resultsOf(target, decision, {}));
    const needs = await needsOf(target, decisions);
    await makeRoom(workspace, needs, { ...options, copies: isDaemon(target) });
    const results = await apply(workspace, target, decisions, options).catch(
      async (error: unknown) => {
        // Engines have no common error for a full disk: check free space to report NO_SPACE.
        if (error instanceof ImageError && error.code === 'INVALID') await requireFree(needs);
        throw error;
      },
    );
    for (const { at } of opened) await recordImageUse(workspace, at, options);
    if (opened.some(({ at }) => at.kind === 'repository') && cache !== undefined)
      await evictCache(workspace, options);
    return results;
  } finally {
    for (const { at } of opened) await at.source[Symbol.asyncDispose]();
  }
}

interface Decision {
  readonly candidate: Candidate;
  /** The image in the engine if it has it; then at most names are added. */
  readonly present: EngineImage | undefined;
}

/** Looks by name first, so an image that is already loaded costs one request. */
async function findPresent(
  engine: Engine,
  { references, graph }: Candidate,
  options: LoadOptions,
): Promise<EngineImage | undefined> {
  const ids = imagesOf(graph).map(({ configDescriptor }) => configDescriptor.digest);
  for (const image of [references[0], ids[0], graph.root.digest]) {
    const found = image === undefined ? undefined : await engine.inspect(image, options);
    if (found && isSameImage(found, graph)) return found;
  }
  return undefined;
}

/** Twice the size for Docker and podman: they copy the archive to a temporary folder before they unpack its layers. */
async function needsOf(engine: Engine, decisions: readonly Decision[]): Promise<Need[]> {
  const missing = decisions.filter(({ present }) => !present);
  const folder = missing.length === 0 ? undefined : await engine.dataFolder();
  if (folder === undefined) return [];
  const bytes = missing.reduce((sum, { candidate }) => sum + sizeOf(candidate.graph), 0);
  return [{ path: folder, bytes: isDaemon(engine) ? 2 * bytes : bytes }];
}

function isDaemon({ kind }: Engine): boolean {
  return kind === 'docker' || kind === 'podman';
}

/** @throws ImageError NO_SPACE */
async function requireFree(needs: readonly Need[]): Promise<void> {
  for (const { path, bytes } of needs) await requireSpace(path, bytes);
}

async function apply(
  workspace: Workspace,
  engine: Engine,
  decisions: readonly Decision[],
  options: LoadOptions,
): Promise<LoadResult[]> {
  const absent = decisions.flatMap(({ candidate, present }) => (present ? [] : [candidate]));
  const sent =
    absent.length === 0
      ? new Map<Candidate, number>()
      : await sendImages(workspace, engine, absent, options);
  const results: LoadResult[] = [];
  for (const decision of decisions) {
    const { candidate, present } = decision;
    let imageId = present?.id ?? null;
    const missing = missingNames(decision);
    for (const reference of missing) {
      if (present) await engine.tag(present.id, reference, options);
      else imageId = await confirmImageId(engine, candidate, reference, options);
    }
    // Without a name to confirm, find the image by its ID.
    if (!present && missing.length === 0)
      imageId = (await findPresent(engine, candidate, options))?.id ?? null;
    results.push(...resultsOf(engine, decision, { imageId, bytesSent: sent.get(candidate) ?? 0 }));
  }
  return results;
}

/** References by digest are left out: some engines cannot tag them and use the image ID instead. */
function missingNames({ candidate: { references }, present }: Decision): readonly string[] {
  return references.filter(
    (reference) => !reference.includes('@') && !present?.references.includes(reference),
  );
}

/** Checks that the engine now has this image under this name. @throws ImageError CONFLICT */
async function confirmImageId(
  engine: Engine,
  { graph }: Candidate,
  reference: string,
  options: LoadOptions,
): Promise<Digest> {
  const image = await engine.inspect(reference, options);
  if (image && isSameImage(image, graph)) return image.id;
  throw new ImageError(
    'CONFLICT',
    `${engine.location}: expected ${reference} to be ${graph.root.digest}, got ${image?.id ?? 'no such image'}`,
    {
      location: engine.location,
      hint: 'Another process may have changed this name at the same moment; run it again.',
    },
  );
}

function resultsOf(
  engine: Engine,
  decision: Decision,
  { imageId = decision.present?.id ?? null, bytesSent = 0 }: Partial<LoadResult>,
): LoadResult[] {
  const { candidate, present } = decision;
  const missing = missingNames(decision);
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
