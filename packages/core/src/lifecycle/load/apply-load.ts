import { requireSpace, type Need } from '../../disk/free-space.js';
import { isSameImage, type Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { sizeOf } from '../../transfer/graph.js';
import { makeRoom } from '../prune/make-room.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import type { Candidate } from './load-candidates.js';
import {
  findPresent,
  missingNames,
  resultsOf,
  type LoadResult,
  type PlannedLoad,
} from './plan-load.js';
import { sendImages } from './send-images.js';

/**
 * Sends the images that the engine lacks and adds the names that it lacks.
 *
 * @throws ImageError INVALID (the engine refuses an image), UNAVAILABLE, NO_SPACE, CONFLICT
 */
export async function applyLoad(
  workspace: Workspace,
  engine: Engine,
  planned: readonly PlannedLoad[],
  options: VerbOptions,
): Promise<LoadResult[]> {
  const needs = await needsOf(engine, planned);
  await makeRoom(workspace, needs, { ...options, copies: isDaemon(engine) });
  try {
    const sent = await sendAbsent(workspace, engine, planned, options);
    const results: LoadResult[] = [];
    for (const each of planned) {
      const imageId = await nameImage(engine, each, options);
      const bytesSent = sent.get(each.candidate) ?? 0;
      results.push(...resultsOf(engine, each, { imageId, bytesSent }));
    }
    return results;
  } catch (error) {
    // Engines have no common error for a full disk: check free space to report NO_SPACE.
    if (error instanceof ImageError && error.code === 'INVALID') await requireFree(needs);
    throw error;
  }
}

/** Twice the size for Docker and podman: they copy the archive to a temporary folder before they unpack its layers. */
async function needsOf(engine: Engine, planned: readonly PlannedLoad[]): Promise<Need[]> {
  const missing = planned.filter(({ present }) => !present);
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

/** @returns bytes sent for each image that the engine lacked */
async function sendAbsent(
  workspace: Workspace,
  engine: Engine,
  planned: readonly PlannedLoad[],
  options: VerbOptions,
): Promise<ReadonlyMap<Candidate, number>> {
  const absent = planned.flatMap(({ candidate, present }) => (present ? [] : [candidate]));
  return absent.length === 0 ? new Map() : sendImages(workspace, engine, absent, options);
}

/** Adds the missing names. @returns the engine's ID of the image. @throws ImageError CONFLICT */
async function nameImage(
  engine: Engine,
  planned: PlannedLoad,
  options: VerbOptions,
): Promise<Digest | null> {
  const { candidate, present } = planned;
  const missing = missingNames(planned);
  if (present) {
    for (const reference of missing) await engine.tag(present.id, reference, options);
    return present.id;
  }
  let imageId: Digest | undefined;
  for (const reference of missing)
    imageId = await confirmImageId(engine, candidate, reference, options);
  // Without a name to confirm, find the image by its ID.
  return imageId ?? (await findPresent(engine, candidate, options))?.id ?? null;
}

/** Checks that the engine now has this image under this name. @throws ImageError CONFLICT */
async function confirmImageId(
  engine: Engine,
  { graph }: Candidate,
  reference: string,
  options: VerbOptions,
): Promise<Digest> {
  const image = await engine.inspect(reference, options);
  if (image && isSameImage(image, graph)) return image.id;
  throw new ImageError(
    'CONFLICT',
    `${engine.location}: after loading, ${reference} is ${image?.id ?? 'not there'}, not ${graph.root.digest}`,
    {
      location: engine.location,
      hint: 'Another process may have changed this name at the same moment; run it again.',
    },
  );
}
