import type { RegistryLoginOptions } from './distribution/open-repository.js';
import type { Descriptor } from './oci/descriptor.js';
import { surroundingsOf, type GivenSurroundings } from './surroundings.js';
import type { CallOptions, FindReferrersOptions, Sink, Source } from './transfer/store.js';

/** A repository of a registry (OCI distribution spec 1.1), open for reading and for writing. */
export interface OpenedRepository extends Source, Sink {
  /** The repository's tags, requested page by page; none if the repository does not exist. */
  tags(options?: CallOptions): AsyncIterable<string>;
  /** Manifests whose subject is this one: from the referrers API, or from the referrers tag if the registry lacks it. */
  referrers(descriptor: Descriptor, options?: FindReferrersOptions): AsyncIterable<Descriptor>;
}

/**
 * Opens the repository that a reference names, to read images from it and to write images to it. Credentials are those
 * that docker and podman store, unless `flags` has others; they are found through `surroundings` (those of this
 * process when omitted). No request is sent, except to a registry on this machine, to
 * find out whether it speaks TLS.
 *
 * @example
 * await using repository = await openRepository('registry.example.com/team/app:1');
 * for await (const tag of repository.tags()) console.log(tag);
 *
 * @throws ImageError USAGE (not a reference; a user name without a password). Reading and writing throw UNAUTHORIZED,
 *   DENIED, NOT_FOUND, UNAVAILABLE.
 */
export async function openRepository(
  reference: string,
  flags?: RegistryLoginOptions,
  surroundings?: GivenSurroundings,
): Promise<OpenedRepository> {
  // Loaded on demand: the HTTP client loads slowly, and programs that only read archives do not need it.
  const { openRepository: open } = await import('./distribution/open-repository.js');
  return open(reference, flags, surroundingsOf(surroundings));
}
