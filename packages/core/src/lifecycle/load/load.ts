import { parseLocation, type Location } from '../../location.js';
import type { Platform } from '../../oci/platform.js';
import type { Bytes } from '../../transfer/store.js';
import { evictCache } from '../cache/purge-cache.js';
import { cacheFor } from '../cache/shared-cache.js';
import type { VerbOptions } from '../workspace/call.js';
import { recordImageUse } from '../workspace/note-use.js';
import { noticesOf } from '../workspace/notices.js';
import { expandInputs } from '../workspace/expand-inputs.js';
import { forEachInput } from '../workspace/for-each-input.js';
import { requireOneLogin } from '../workspace/one-login.js';
import { openIn } from '../workspace/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { applyLoad } from './apply-load.js';
import type { Input } from './load-candidates.js';
import { planLoad, resultsOf, type LoadResult } from './plan-load.js';

/** Options for loading images. */
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
  for (const input of await expandInputs(inputs, options.cwd))
    locations.push(await parseLocation(input, where));
  const base = options.base === undefined ? undefined : await parseLocation(options.base, where);
  requireOneLogin(options.registry, [...locations, base]);
  const cache = cacheFor(workspace, locations, options);
  await using engine = lazyEngine(workspace, options);
  const opened: Input[] = [];
  try {
    const open = async (location: Location): Promise<void> => {
      const at = await openIn(workspace, location, { ...options, cache, engine: engine.get });
      opened.push({ input: location.text, at });
      for (const text of noticesOf(at)) options.onEvent?.({ type: 'notice', text });
    };
    await forEachInput(locations, open, options);
    const target = await engine.get();
    const planned = await planLoad(target, opened, options);
    if (options.dryRun) return planned.flatMap((each) => resultsOf(target, each));
    const results: LoadResult[] = [];
    // Together, images that share layers are sent in one archive.
    await forEachInput(
      options.onFailure ? planned.map((each) => [each]) : [planned],
      async (some) => void results.push(...(await applyLoad(workspace, target, some, options))),
      options,
    );
    for (const { at } of opened) await recordImageUse(workspace, at, options);
    if (cache !== undefined && opened.some(({ at }) => at.kind === 'repository'))
      await evictCache(workspace, options);
    return results;
  } finally {
    for (const { at } of opened) await at.source[Symbol.asyncDispose]();
  }
}
