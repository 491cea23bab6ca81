import { ImageError } from '../../errors.js';
import { parseLocation, type RepositoryLocation } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import type { Platform } from '../../oci/platform.js';
import { selectPlatform } from '../../transfer/graph/select-platform.js';
import type { Bytes, Source } from '../../transfer/store.js';
import type { VerbOptions } from '../workspace/call.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { RegistryClients } from './registry-clients.js';

/** Options for finding the digest of an image. */
export interface FindDigestOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** The digest of this platform of an index; that of the index when omitted. */
  readonly platform?: Platform | undefined;
}

/** The digest of an image. */
export interface FoundDigest {
  /** The location as it was given. */
  readonly location: string;
  readonly digest: Digest;
  /** Media type of the manifest. */
  readonly mediaType: string;
}

/**
 * Finds the digest of an image. A registry is asked with one HEAD, and its answer is not verified; with `platform` the index is
 * read, too. Other locations are read as far as their manifests.
 *
 * @param location a reference, an archive, a layout, a name of the catalog, …; with several images, the name of one.
 * @throws ImageError USAGE, NOT_FOUND, AMBIGUOUS (several images), UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function findDigest(
  workspace: Workspace,
  location: string,
  options: FindDigestOptions,
): Promise<FoundDigest> {
  const parsed = await parseLocation(location, { ...workspace, cwd: options.cwd });
  if (parsed.kind === 'repository') return digestInRegistry(workspace, parsed, options);
  await using engine = lazyEngine(workspace, options);
  const opened = await openIn(workspace, parsed, { ...options, engine: engine.get });
  await using source = opened.source;
  return { location, ...(await digestIn(source, opened.reference, options)) };
}

async function digestInRegistry(
  workspace: Workspace,
  { text: location, reference, parsed }: RepositoryLocation,
  options: FindDigestOptions,
): Promise<FoundDigest> {
  await using clients = new RegistryClients(workspace, options);
  const repository = await clients.repository(parsed);
  if (options.platform) return { location, ...(await digestIn(repository, reference, options)) };
  const found = await repository.head(parsed.digest ?? parsed.tag ?? 'latest', options);
  if (found) return { location, digest: found.digest, mediaType: found.mediaType };
  throw new ImageError(
    'NOT_FOUND',
    `${repository.location}: no ${parsed.digest === undefined ? `tag ${JSON.stringify(parsed.tag)}` : `manifest ${parsed.digest}`}`,
    { location: repository.location },
  );
}

async function digestIn(
  source: Source,
  reference: string | undefined,
  options: FindDigestOptions,
): Promise<Pick<FoundDigest, 'digest' | 'mediaType'>> {
  const { platform } = options;
  const { descriptor } = await source.resolve(reference, options);
  const { digest, mediaType } = platform
    ? await selectPlatform(source, descriptor, platform, options)
    : descriptor;
  return { digest, mediaType };
}
