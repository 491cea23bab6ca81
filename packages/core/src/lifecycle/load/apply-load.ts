import { requireSpace, type Need } from '../../disk/free-space.js';
import { isSameImage, type Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { sizeOf } from '../../transfer/graph/graph.js';
import { makeRoom } from '../prune/make-room.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { mapInputs, throwTogether } from '../workspace/inputs/map-inputs.js';
import type { Candidate } from './load-candidates.js';
import {
  findPresent,
  missingNames,
  requestsAtOnce,
  resultsOf,
  type LoadResult,
  type PlannedLoad,
} from './plan-load.js';
import { sendImages, type SentImages } from './send-images.js';

export interface ApplyLoadOptions extends VerbOptions {
  /** How many images are read at once. */
  readonly concurrency: number;
}

/**
 * Sends the images that the engine lacks and adds the names that it lacks. An image whose content cannot be read does not
 * stop the others in the embedded store; other engines get all images in one archive, and with `onFailure` one in each.
 *
 * @throws ImageError INVALID (the engine refuses an image), UNAVAILABLE, NO_SPACE, CONFLICT
 */
export async function applyLoad(
  workspace: Workspace,
  engine: Engine,
  planned: readonly PlannedLoad[],
  options: ApplyLoadOptions,
): Promise<LoadResult[]> {
  if (!options.onFailure || engine.kind === 'embedded')
    return applyTogether(workspace, engine, planned, options);
  const applyOne = (each: PlannedLoad) => applyTogether(workspace, engine, [each], options);
  return (await mapInputs(planned, applyOne, { ...options, concurrency: 1 })).flat();
}

async function applyTogether(
  workspace: Workspace,
  engine: Engine,
  planned: readonly PlannedLoad[],
  options: ApplyLoadOptions,
): Promise<LoadResult[]> {
  const needs = await needsOf(engine, planned);
  await makeRoom(workspace, needs, { ...options, copies: isDaemon(engine) });
  try {
    const { bytes, failed } = await sendAbsent(workspace, engine, planned, options);
    const failures = [...failed.values()];
    const name = async (each: PlannedLoad): Promise<LoadResult[]> => {
      const imageId = await nameImage(engine, each, options);
      return resultsOf(engine, each, { imageId, bytesSent: bytes.get(each.candidate) ?? 0 });
    };
    const whole = planned.filter(({ candidate }) => !failed.has(candidate));
    const naming = { signal: options.signal, concurrency: requestsAtOnce(engine) };
    const results = (await mapInputs(whole, name, naming)).flat();
    if (options.onFailure) failures.forEach(options.onFailure);
    else
      throwTogether(failures, planned.length, {
        what: 'Already loaded',
        names: results.map(({ reference }) => reference),
      });
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

async function sendAbsent(
  workspace: Workspace,
  engine: Engine,
  planned: readonly PlannedLoad[],
  options: ApplyLoadOptions,
): Promise<SentImages> {
  const absent = planned.flatMap(({ candidate, present }) => (present ? [] : [candidate]));
  if (absent.length === 0) return { bytes: new Map(), failed: new Map() };
  return sendImages(workspace, engine, absent, options);
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
