import { keepClients } from '../../distribution/kept-clients.js';
import { ImageError } from '../../errors.js';
import { parseDestination, parseRegistryImage, type RepositoryLocation } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import type { Platform } from '../../oci/platform.js';
import { formatReference } from '../../oci/reference.js';
import { openReference, type OpenedReference } from '../../open.js';
import { copyGraph } from '../../transfer/copy.js';
import { referrerGraphsOf } from '../../transfer/graph/referrers.js';
import { foreignLayersLeftOut } from '../../transfer/foreign-layers.js';
import { selectPlatform } from '../../transfer/graph/select-platform.js';
import { walk } from '../../transfer/graph/walk.js';
import { sizeOf } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { sharedCache } from '../cache/shared-cache.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { openPullPlace } from './pull-place.js';
import { openDestination, type Destination, type DestinationOptions } from './destination.js';
import { makeRoom } from '../prune/make-room.js';
import { evictCache } from '../cache/purge-cache.js';
import { atOnce, mapInputs, MOVED_IMAGES } from '../workspace/inputs/map-inputs.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';
import { requireManifestPlace, writeTransferManifest } from './write-manifest.js';

/** Options for pulling images. */
export interface PullOptions extends Omit<DestinationOptions, 'openEngine'> {
  /** An archive, or a folder for a layout; when omitted, images are pulled only into the cache. */
  readonly output?: string | undefined;
  /** Pull one image of an index; all of them when omitted. */
  readonly platform?: Platform | undefined;
  /** `false` omits signatures and SBOMs that refer to the images. Engines never get them. */
  readonly referrers?: boolean | undefined;
  /**
   * Take the images from archives or from a registry (`HOST[:PORT][/PREFIX]`) in place of the registries of the references;
   * requires `output`.
   */
  readonly from?: string | undefined;
  /** `false` bypasses the cache; requires `output`. */
  readonly cache?: boolean | undefined;
}

/** An image that was pulled. */
export interface PullResult {
  /** The reference as it was given. */
  readonly input: string;
  /** The reference by digest: `registry.example.com/team/app@sha256:…`. */
  readonly reference: string;
  /** The tag that was asked for; null for a digest alone. */
  readonly tag: string | null;
  readonly digest: Digest;
  /** Size of the whole image. */
  readonly bytes: number;
  /** Bytes fetched from the registry. */
  readonly bytesReceived: number;
  /** The output; null for the cache alone. */
  readonly output: string | null;
}

/**
 * Pulls images from registries, unchanged, into the cache that all workspaces share or into an archive or layout. Content
 * that the cache has is not fetched again. All images are looked up before anything is fetched. Either all images are in
 * the output, or none is; with `onFailure`, images that were looked up and read are in it.
 *
 * @throws ImageError USAGE, NOT_FOUND, CONFLICT (an archive exists), NO_SPACE, UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function pull(
  workspace: Workspace,
  references: readonly string[],
  options: PullOptions,
): Promise<PullResult[]> {
  const { output } = options;
  if (output === undefined) requireCache(options);
  const where = { ...workspace, cwd: options.cwd };
  const { defaultRegistry } = workspace.settings;
  const wanted: WantedImage[] = [];
  for (const input of references)
    wanted.push({ input, ...(await parseRegistryImage(input, { ...where, defaultRegistry })) });
  const location = output === undefined ? undefined : await parseDestination(output, where);
  if (options.manifest) requireManifestPlace(location);
  await using engine = lazyEngine(workspace, options);
  await using _ = keepClients(workspace.surroundings);
  const held = new Set<Source>();
  try {
    const place = await openPullPlace(workspace, { ...options, engine: engine.get, held });
    requireOneLogin(options.registry, [...(place?.locations ?? wanted), location]);
    await using destination =
      location &&
      (await openDestination(workspace, location, { ...options, openEngine: engine.get }));
    const concurrency = atOnce([...wanted, ...(place?.locations ?? [])]);
    const look = async (image: WantedImage, signal: AbortSignal): Promise<PullTask> => {
      const opened = place ? await place.find(image) : await openImage(workspace, image, options);
      held.add(opened.source);
      return taskOf(image, opened, { ...options, signal });
    };
    const pulled = await mapInputs(wanted, look, { ...options, concurrency });
    if (options.dryRun) return pulled.map((each) => resultOf(each, output));
    const bytes = pulled.reduce((sum, { graph }) => sum + sizeOf(graph), 0);
    if (destination?.path !== undefined)
      await makeRoom(workspace, [{ path: destination.path, bytes }], options);
    const move = async (each: PullTask, signal: AbortSignal): Promise<PullTask> => {
      await transfer(each, destination, { ...options, signal });
      return each;
    };
    const moving = { ...options, concurrency: Math.min(concurrency, MOVED_IMAGES) };
    const whole = await mapInputs(pulled, move, moving);
    if (whole.length > 0) await destination?.sink.commit(options);
    if (options.cache !== false) await evictCache(workspace, options);
    const results = whole.map((each) => resultOf(each, output));
    if (options.manifest && results.length > 0) {
      const written = results.map(({ input, digest }) => ({ source: input, digest }));
      await writeTransferManifest(workspace, location, written, options);
    }
    return results;
  } finally {
    for (const source of held) await source[Symbol.asyncDispose]();
  }
}

interface WantedImage extends RepositoryLocation {
  /** The reference as it was given. */
  readonly input: string;
}

/** One image to pull, with its open source. */
interface PullTask {
  readonly image: WantedImage;
  readonly opened: OpenedReference;
  readonly graph: Graph;
  /** Bytes written to the destination so far. */
  written: number;
}

/** @throws ImageError USAGE for options that need an output */
function requireCache({ cache, from }: PullOptions): void {
  if (cache !== false && from === undefined) return;
  const given = cache === false ? option('cache', 'false') : option('from');
  throw new ImageError('USAGE', wording`${given} needs ${option('output')}`, {
    hint: 'The cache keeps only images that come from their own registries.',
  });
}

/** Opens an image of a registry. */
function openImage(
  workspace: Workspace,
  image: WantedImage,
  options: PullOptions,
): Promise<OpenedReference> {
  const cache = options.cache === false ? undefined : sharedCache(workspace);
  // With an output, content is written to the output only, not to the cache as well.
  const keeps = options.output === undefined;
  const { limits, surroundings } = workspace;
  return openReference(image, { ...options, cache, keeps, limits, surroundings });
}

/** Reads the manifests and configs of an image. */
async function taskOf(
  image: WantedImage,
  opened: OpenedReference,
  options: PullOptions,
): Promise<PullTask> {
  const { source, reference } = opened;
  const { descriptor } = await source.resolve(reference, options);
  const root = options.platform
    ? await selectPlatform(source, descriptor, options.platform, options)
    : descriptor;
  return { image, opened, graph: await walk(source, root, options), written: 0 };
}

/** Fetches an image into the cache, or copies it to the destination. */
async function transfer(
  pulled: PullTask,
  destination: Destination | undefined,
  options: PullOptions,
): Promise<void> {
  const { image, opened, graph } = pulled;
  const { source } = opened;
  const onEvent = (event: LifecycleEvent): void => {
    if (event.type === 'progress') pulled.written += event.bytes;
    options.onEvent?.(event);
  };
  options.onEvent?.({ type: 'step', subject: image.text, text: 'pulling' });
  if (!destination) {
    for (const text of foreignLayersLeftOut(graph.foreign, image.text))
      options.onEvent?.({ type: 'notice', text });
    return source.prepare?.(graph.nodes, {
      signal: options.signal,
      onFetching: (bytes) => options.onEvent?.({ type: 'fetching', bytes }),
      onFetched: (bytes) => options.onEvent?.({ type: 'fetched', bytes }),
    });
  }
  const { sink, reference, isEngine } = destination;
  const omitsReferrers = isEngine || options.referrers === false;
  const referrers = omitsReferrers ? [] : await referrersTo(pulled, options);
  for (const each of [graph, ...referrers])
    await copyGraph(source, each, sink, { signal: options.signal, onEvent, as: image.text });
  const { registry, repository, tag } = image.parsed;
  const name =
    reference ?? (tag === undefined ? undefined : formatReference({ registry, repository, tag }));
  if (name !== undefined) await sink.tag(graph.root, name, options);
}

/** Asks the registry for referrers. If the image came from the cache alone, an unreachable registry is only a notice. */
async function referrersTo(
  { image, opened: { source, cached }, graph }: PullTask,
  options: PullOptions,
): Promise<readonly Graph[]> {
  try {
    return await referrerGraphsOf(source, [graph], options);
  } catch (error) {
    const isUnavailable = error instanceof ImageError && error.code === 'UNAVAILABLE';
    if (!isUnavailable || !cached || cached.received > 0) throw error;
    const text = `${image.text}: its registry does not answer, so its signatures and SBOMs are not pulled`;
    options.onEvent?.({ type: 'notice', text });
    return [];
  }
}

function resultOf(
  { image, graph, opened, written }: PullTask,
  output: string | undefined,
): PullResult {
  // Without a cache, every byte written was fetched.
  const received = opened.cached?.received ?? written;
  const { registry, repository, tag = null } = image.parsed;
  const { digest } = graph.root;
  return {
    input: image.input,
    reference: formatReference({ registry, repository, digest }),
    tag,
    digest,
    bytes: sizeOf(graph),
    bytesReceived: received,
    output: output ?? null,
  };
}
