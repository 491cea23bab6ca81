import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { parseNameInRegistry, parseReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { referrerGraphsOf, subjectOf } from '../../transfer/referrers.js';
import { requireDistinctNames } from '../../transfer/resolve.js';
import type { CallOptions } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import type { Graph } from '../../transfer/graph.js';
import { destinationOf } from './push-target.js';
import type { PushTarget } from '../workspace/registry-address.js';

/** Names of pushed images. */
export interface PushNaming extends CallOptions {
  /** Name in the registry, `REPOSITORY[:TAG]`, for one input with one image. */
  readonly tag?: string | undefined;
  /** `false` leaves out signatures and SBOMs that refer to the images. */
  readonly referrers?: boolean | undefined;
}

/** An image to push; its structure is already checked. */
export interface PushItem {
  readonly input: string;
  readonly at: Opened;
  readonly image: NamedDescriptor;
  readonly graph: Graph;
  readonly referrers: readonly Graph[];
  readonly reference: string;
}

/** Lists the images of an input with their names in the registry. @throws ImageError NOT_FOUND, USAGE, INVALID, INCOMPLETE */
export async function listPushItems(
  input: string,
  at: Opened,
  target: PushTarget,
  options: PushNaming,
): Promise<PushItem[]> {
  const { source } = at;
  const images: NamedDescriptor[] = [];
  if (at.reference !== undefined) images.push(await source.resolve(at.reference, options));
  else for await (const image of source.list(options)) images.push(image);
  if (images.length === 0)
    throw new ImageError('NOT_FOUND', `${input}: expected an image, got an empty archive`, {
      location: input,
    });
  requireDistinctNames(source, images);
  const items: PushItem[] = [];
  for (const image of images) {
    // Referrers are pushed with their image.
    if (images.length > 1 && (await subjectOf(source, image.descriptor, options))) continue;
    const graph = await walk(source, image.descriptor, options);
    const referrers =
      options.referrers === false ? [] : await referrerGraphsOf(source, [graph], options);
    const name = options.tag ?? image.reference ?? at.record?.reference;
    if (name === undefined)
      throw new ImageError(
        'USAGE',
        `${input}: expected an image with a name, got ${image.descriptor.digest} without one`,
        {
          location: input,
          hint: 'Name it with --tag REPOSITORY:TAG; or, if its name is only a tag, give the repository with --repository.',
        },
      );
    const reference = destinationOf(
      target,
      options.tag === undefined ? parseReference(name) : parseNameInRegistry(name),
    );
    items.push({ input, at, image, graph, referrers, reference });
  }
  return items;
}

/** Checks that no name stands for two images. @throws ImageError USAGE */
export function requireOnePerName(items: readonly PushItem[], { tag }: PushNaming): void {
  if (tag !== undefined && items.length !== 1)
    throw new ImageError('USAGE', `--tag ${tag}: expected one image to name, got ${items.length}`);
  const digests = new Map<string, Descriptor>();
  for (const { reference, image, input } of items) {
    const known = digests.get(reference);
    if (known && known.digest !== image.descriptor.digest)
      throw new ImageError(
        'USAGE',
        `${input}: expected ${reference} to be one image, got ${known.digest} and ${image.descriptor.digest}`,
        { location: input },
      );
    digests.set(reference, image.descriptor);
  }
}
