import type { RegistryClient } from '../../distribution/transport/client.js';
import { keepClients } from '../../distribution/kept-clients.js';
import { ImageError } from '../../errors.js';
import { parseLocation, type Location } from '../../location.js';
import type { PlatformChoice } from '../../oci/platform.js';
import { parseReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import type { Bytes } from '../../transfer/store.js';
import { bring } from '../build/bring.js';
import { sharedCache } from '../cache/shared-cache.js';
import { parseBase } from '../workspace/base-locations.js';
import type { VerbOptions } from '../workspace/call.js';
import { recordImageUse } from '../workspace/note-use.js';
import { CachedLayers } from './cached-layers.js';
import { openUploadMemory } from './packed-layers.js';
import {
  skippedResult,
  planPushImage,
  pushImage,
  type PushImageResult,
  type PushImageOptions,
} from './push-image.js';
import { createLayerMemory } from './pushed-form.js';
import { listPushItems, requireOnePerName, type PushItem, type PushNaming } from './push-items.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import {
  atOnce,
  mapInputs,
  REGISTRY_IMAGES,
  settleInputs,
  throwTogether,
} from '../workspace/inputs/map-inputs.js';
import { parseTarget } from '../workspace/inputs/registry-address.js';
import { noticesOf } from '../workspace/notices.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';

/** Options for pushing images. */
export interface PushOptions extends VerbOptions, PushNaming, PushImageOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** `[http(s)://]HOST[:PORT][/PREFIX]`; `push.to` of the settings when omitted. */
  readonly to?: string | undefined;
  /** Repository for images whose name is only a tag. */
  readonly repository?: string | undefined;
  /**
   * The platforms to push of each image; when omitted, all of them, and of an engine's image those that are there. One is
   * pushed as the image that it is, several as an index of these alone.
   */
  readonly platforms?: PlatformChoice | undefined;
  /** Locations of content that the images and the registry lack: the archives that a delta was made against. */
  readonly base?: string | readonly string[] | undefined;
}

/** An image that was pushed, or found already pushed. */
export interface PushResult extends PushImageResult {
  readonly input: string;
  /** The image's name in the input; null when it has none. */
  readonly source: string | null;
  /** The image's name in the registry. */
  readonly reference: string;
}

/**
 * Pushes images to a registry. Before the first connection all inputs are opened, named and their structure is checked;
 * content is verified while it streams, and an image that fails gets no manifest and no tag.
 *
 * @throws ImageError USAGE, NOT_FOUND, INVALID, CORRUPT, INCOMPLETE; CONFLICT (`onExistingTag: 'error'`); UNAUTHORIZED,
 *   DENIED, UNAVAILABLE
 */
export async function push(
  workspace: Workspace,
  inputs: readonly string[],
  given: PushOptions,
): Promise<PushResult[]> {
  const options = { ...given, compress: given.compress ?? workspace.settings.pushCompress };
  const target = parseTarget(targetOf(workspace, options));
  if (target.plainHttp === false && options.registry?.plainHttp)
    throw new ImageError(
      'USAGE',
      wording`${option('plainHttp')}: the address begins with https://`,
    );
  if (options.annotations && options.onExistingTag?.startsWith('merge'))
    throw new ImageError(
      'USAGE',
      wording`${option('onExistingTag', options.onExistingTag)}: expected no annotations, which the index of the tag has itself`,
    );
  await using engine = lazyEngine(workspace, options);
  await using _ = keepClients(workspace.surroundings);
  const opened: Opened[] = [];
  try {
    const locations: Location[] = [];
    const where = { ...workspace, cwd: options.cwd };
    for (const input of await expandInputs(inputs, options.cwd))
      locations.push(await parseLocation(input, where));
    const base = await parseBase(options.base, where);
    requireOneLogin(options.registry, [...locations, ...base, target.registry]);
    const open = async (location: Location): Promise<PushItem[]> => {
      await bring(workspace, location, options);
      const at = await openIn(workspace, location, { ...options, engine: engine.get });
      opened.push(at);
      for (const text of noticesOf(at)) options.onEvent?.({ type: 'notice', text });
      const { library = workspace.settings.pushLibrary } = options;
      const naming = { ...options, library };
      return listPushItems(location.text, at, target, naming);
    };
    const opening = { ...options, concurrency: atOnce(locations) };
    const items = (await mapInputs(locations, open, opening)).flat();
    requireOnePerName(items, options);
    if (options.dryRun) {
      const planned: PushResult[] = [];
      const dry = { ...options, packings: createLayerMemory(sharedCache(workspace)) };
      for (const item of items) planned.push(resultOf(item, await planPushImage(item, dry)));
      return planned;
    }
    const { openRegistry } = await import('../../distribution/open-repository.js');
    const plainHttp = target.plainHttp ?? options.registry?.plainHttp;
    const flags = { ...options.registry, plainHttp };
    await using client = await openRegistry(target.registry, flags, workspace.surroundings);
    const cache = sharedCache(workspace);
    const results = await pushAll(client, items, { ...options, cache });
    for (const at of opened) await recordImageUse(workspace, at, options);
    return results;
  } finally {
    for (const { source } of opened) await source[Symbol.asyncDispose]();
  }
}

/** @throws ImageError USAGE */
function targetOf({ settings }: Workspace, { to = settings.pushTo }: PushOptions): string {
  if (to !== undefined) return to;
  throw new ImageError('USAGE', 'push: no registry is given', {
    hint: wording`Name it with ${option('to', 'HOST[:PORT][/PREFIX]')}, or in stowage.yaml with push: { to: … }.`,
  });
}

async function pushAll(
  client: RegistryClient,
  items: readonly PushItem[],
  options: PushOptions & { readonly cache: string },
): Promise<PushResult[]> {
  const { Repository } = await import('../../distribution/repository.js');
  const { KnownBlobs } = await import('../../distribution/upload/known-blobs.js');
  const { foreignLayers } = options;
  const uploads = openUploadMemory(options.cache);
  const common = { known: new KnownBlobs(), uploads, foreignLayers };
  const results = new Map<PushItem, PushResult>();
  const cached = new CachedLayers(options.cache);
  const each = { ...options, packings: createLayerMemory(options.cache), cached };
  // An image that is given twice under the same name is pushed once.
  const first = new Map(items.toReversed().map((item) => [item.reference, item]));
  const push = async (item: PushItem, signal: AbortSignal): Promise<void> => {
    const { repository } = parseReference(item.reference);
    await using sink = new Repository(client, repository, common);
    results.set(item, resultOf(item, await pushImage(item, sink, { ...each, signal })));
  };
  const wanted = [...first.values()].reverse();
  const { failures } = await settleInputs(wanted, push, {
    signal: options.signal,
    concurrency: REGISTRY_IMAGES,
    endsEarly: !options.onFailure,
  });
  if (options.onFailure) failures.forEach(options.onFailure);
  else
    throwTogether(failures, wanted.length, {
      what: 'Already pushed',
      names: wanted.flatMap((item) => nameOf(results.get(item))),
    });
  return items.flatMap((item) => {
    const result = results.get(item);
    if (result) return [result];
    const before = results.get(first.get(item.reference) ?? item);
    return before ? [resultOf(item, skippedResult(before.digest))] : [];
  });
}

function nameOf(result: PushResult | undefined): string[] {
  return result ? [`${result.reference}@${result.digest}`] : [];
}

function resultOf({ input, image, reference }: PushItem, pushed: PushImageResult): PushResult {
  return { input, source: image.reference ?? null, reference, ...pushed };
}
