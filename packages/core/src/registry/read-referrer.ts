import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { parseManifest, referrerOf } from '../oci/manifest.js';
import { readAll } from '../transfer/verified.js';
import type { RegistryReader } from './hosted.js';

/** Reads the entry of a manifest in a list of referrers; undefined when it is missing or damaged. */
export async function readReferrer(
  reader: Pick<RegistryReader, 'read'>,
  repository: string,
  descriptor: Descriptor,
): Promise<Descriptor | undefined> {
  try {
    const bytes = await readAll(reader.read(repository, descriptor));
    return referrerOf(descriptor, parseManifest(descriptor.mediaType, bytes), bytes);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return undefined;
  }
}
