import type { Engine } from '../../engine/engine.js';
import type { RepositoryLocation } from '../../location.js';
import type { Platform } from '../../oci/platform.js';
import { formatReference } from '../../oci/reference.js';
import type { VerbOptions } from '../workspace/call.js';
import type { LoadResult } from './plan-load.js';

/** Options that decide whether an image is looked up in the engine alone. */
interface PresenceOptions extends VerbOptions {
  readonly as?: string | undefined;
  readonly platform?: Platform | 'all' | undefined;
  readonly ifNotPresent?: boolean | undefined;
}

/**
 * The result for an image that the engine has under the name of a reference, so that no registry is asked for it; undefined
 * when it must be looked up. A reference by digest is looked for always, one by tag alone with `ifNotPresent`. With a wanted
 * platform or another name, the image has to be compared. An image that lacks its name by digest, in an engine that keeps
 * both, is `retagged`: the caller adds it.
 */
export async function findInEngine(
  openEngine: () => Promise<Engine>,
  { text, parsed }: RepositoryLocation,
  options: PresenceOptions,
): Promise<LoadResult | undefined> {
  const { digest, tag, ...name } = parsed;
  if (options.as !== undefined || options.platform !== undefined) return undefined;
  if (digest === undefined && !options.ifNotPresent) return undefined;
  const part = tag === undefined ? (digest === undefined ? {} : { digest }) : { tag };
  const reference = formatReference({ ...name, ...part });
  const engine = await openEngine();
  const image = await engine.inspect(reference, options);
  if (!image) return undefined;
  const digests = [image.id, ...image.digests];
  if (digest !== undefined && !digests.includes(digest)) return undefined;
  return {
    input: text,
    reference,
    imageId: image.id,
    digest: digest ?? image.digests[0] ?? image.id,
    engine: engine.kind,
    action: image.withoutDigest?.includes(reference) ? 'retagged' : 'skipped',
    bytesSent: 0,
  };
}
