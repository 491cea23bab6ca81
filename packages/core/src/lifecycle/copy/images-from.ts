import { ImageError } from '../../errors.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import { withDistinctNames } from '../../transfer/graph/resolve.js';
import type { CallOptions } from '../../transfer/store.js';
import { option, wording } from '../../wording.js';

/**
 * The images to copy from a source: the one that its location names, or all.
 *
 * @throws ImageError NOT_FOUND, AMBIGUOUS (several images)
 */
export async function imagesFrom(
  { source, reference }: Opened,
  options: CallOptions & { readonly all?: boolean | undefined },
): Promise<NamedDescriptor[]> {
  if (!options.all) return [await source.resolve(reference, options).catch(offerAll)];
  const images: NamedDescriptor[] = [];
  for await (const image of source.list(options)) images.push(image);
  if (images.length === 0) throw new ImageError('NOT_FOUND', `${source.location}: it has no image`);
  return withDistinctNames(source, images);
}

/** Adds to the error for several images that all of them can be copied. */
function offerAll(error: unknown): never {
  if (!(error instanceof ImageError) || error.code !== 'AMBIGUOUS') throw error;
  const { message, location, wording: said } = error;
  throw new ImageError(error.code, message, {
    hint: wording`${option('all')} takes all of them. ${said.hint ?? ''}`,
    cause: error,
    ...(location === undefined ? {} : { location }),
  });
}
