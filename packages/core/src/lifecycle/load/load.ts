import { keepClients } from '../../distribution/kept-clients.js';
import { parseLocation, type Location } from '../../location.js';
import type { Platform } from '../../oci/platform.js';
import { sizeOf, type Graph } from '../../transfer/graph/graph.js';
import type { Opened } from '../../open.js';
import type { Bytes, Source } from '../../transfer/store.js';
import { bring } from '../build/bring.js';
import { evictCache } from '../cache/purge-cache.js';
import { cacheFor } from '../cache/shared-cache.js';
import { parseBase } from '../workspace/base-locations.js';
import type { VerbOptions } from '../workspace/call.js';
import { recordImageUse } from '../workspace/note-use.js';
import { noticesOf } from '../workspace/notices.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { atOnce, mapInputs, MOVED_IMAGES } from '../workspace/inputs/map-inputs.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { applyLoad } from './apply-load.js';
import type { Input } from './load-candidates.js';
import { openPlace } from './load-from.js';
import { findPresent, planLoad, resultsOf, type LoadResult } from './plan-load.js';
import { findInEngine } from './present-in-engine.js';

/** Options for loading images. */
export interface LoadOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** Locations of content that the images lack: the archives that a delta was made against. */
  readonly base?: string | readonly string[] | undefined;
  /** Repository for images whose name is only a tag. */
  readonly repository?: string | undefined;
  /** Name in the engine, for one input with one image; used exactly as written. */
  readonly as?: string | undefined;
  /** `false` bypasses the registry cache; every input must then be a registry reference. */
  readonly cache?: boolean | undefined;
  /**
   * Skip references by tag that the engine has, without asking a registry whether the tag names another image now. References
   * by digest are always skipped when the engine has them.
   */
  readonly ifNotPresent?: boolean | undefined;
  /**
   * Archives, a folder, or `HOST[:PORT][/PREFIX]` to take the images of references from, in place of the registries that they
   * name; they keep their names.
   */
  readonly from?: string | undefined;
  /** Platform to load from an index, or all of them; when omitted, that of the engine, or all in an engine without one. */
  readonly platform?: Platform | 'all' | undefined;
}

/** An input that is open, or the result for one that the engine has. */
type Found = Input | { readonly present: LoadResult };

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
  const where = { ...workspace, cwd: options.cwd };
  const locations: Location[] = [];
  const { defaultRegistry } = workspace.settings;
  const texts = await expandInputs(inputs, options.cwd);
  for (const text of texts)
    locations.push(await parseLocation(text, { ...where, defaultRegistry }));
  const base = await parseBase(options.base, where);
  const cache = cacheFor(workspace, locations, options);
  await using engine = lazyEngine(workspace, options);
  await using _ = keepClients(workspace.surroundings);
  const held = new Set<Source>();
  const openAt = async (location: Location, plainHttp?: boolean): Promise<Opened> => {
    const registry =
      plainHttp === undefined ? options.registry : { ...options.registry, plainHttp };
    const opening = { ...options, registry, cache, engine: engine.get };
    const at = await openIn(workspace, location, opening);
    held.add(at.source);
    for (const text of noticesOf(at)) options.onEvent?.({ type: 'notice', text });
    return at;
  };
  try {
    const place =
      options.from === undefined
        ? undefined
        : await openPlace(workspace, options.from, { ...options, open: openAt });
    const given = place ? locations.filter(({ kind }) => kind !== 'repository') : locations;
    requireOneLogin(options.registry, [...given, ...(place?.locations ?? []), ...base]);
    const isHeld = async (graph: Graph): Promise<boolean> =>
      (await findPresent(await engine.get(), { references: [], graph }, options)) !== undefined;
    const open = async ([at, location]: readonly [number, Location]): Promise<Found> => {
      // The text of the location names the default registry, which the input may not.
      const input = texts[at] ?? location.text;
      await bring(workspace, location, { ...options, cache, isHeld });
      if (location.kind !== 'repository') return { input, at: await openAt(location) };
      const found = await findInEngine(engine.get, location, options);
      if (found) return { present: { ...found, input } };
      return place
        ? { input, at: await place.find(location), name: location.reference }
        : { input, at: await openAt(location) };
    };
    const concurrency = atOnce([...locations, ...(place?.locations ?? [])]);
    const found = await mapInputs(locations.entries(), open, { ...options, concurrency });
    const present = found.flatMap((each) => ('present' in each ? [each.present] : []));
    const opened = found.flatMap((each) => ('present' in each ? [] : [each]));
    const unnamed = present.filter(({ action }) => action === 'retagged');
    if (opened.length === 0 && unnamed.length === 0) return present;
    const target = await engine.get();
    const planned = await planLoad(target, opened, { ...options, concurrency });
    if (options.dryRun) {
      const foreseen = planned.flatMap((each) =>
        resultsOf(target, each, { bytesSent: each.present ? 0 : sizeOf(each.candidate.graph) }),
      );
      return [...present, ...foreseen];
    }
    for (const { imageId, reference } of unnamed)
      await target.tag(imageId ?? reference, reference, options);
    const results = await applyLoad(workspace, target, planned, {
      ...options,
      concurrency: Math.min(concurrency, MOVED_IMAGES),
    });
    for (const { at } of opened) await recordImageUse(workspace, at, options);
    if (cache !== undefined && opened.some(({ at }) => at.kind === 'repository'))
      await evictCache(workspace, options);
    return [...present, ...results];
  } finally {
    for (const source of held) await source[Symbol.asyncDispose]();
  }
}
