import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { parseReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { referringTo, subjectOf } from '../../transfer/referrers.js';
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

/** An image that is to be pushed, its structure checked. */
export interface PushItem {
  readonly input: string;
  readonly at: Opened;
  readonly image: NamedDescriptor;
  readonly graph: Graph;
  readonly referrers: readonly Graph[];
  readonly reference: string;
}

export async function itemsOf(
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
    throw new ImageError('NOT_FOUND', `${input}: expected an image, got an archive of none`, {
      location: input,
    });
  requireDistinctNames(source, images);
  const items: PushItem[] = [];
  for (const image of images) {
    // What refers to an image goes with it.
    if (images.length > 1 && (await subjectOf(source, image.descriptor, options))) continue;
    const graph = await walk(source, image.descriptor, options);
    const referrers =
      options.referrers === false ? [] : await referringTo(source, [graph], options);
    const name = options.tag ?? image.reference ?? at.record?.reference;
    if (name === undefined)
      throw new ImageError(
        'USAGE',
        `${input}: expected an image with a name, got ${image.descriptor.digest} without one`,
        {
          location: input,
          hint: 'Name it with --tag REPOSITORY:TAG; or, if its name is only a tag, say of what with --repository.',
        },
      );
    const reference = destinationOf(
      target,
      options.tag === undefined ? parseReference(name) : written(name),
    );
    items.push({ input, at, image, graph, referrers, reference });
  }
  return items;
}

/** `--tag` is taken as it is written: no `library/` is added. */
function written(text: string): { repository: string; tag: string } {
  const { repository, tag = 'latest' } = parseReference(`registry.invalid/${text}`);
  return { repository, tag };
}

/** @throws ImageError USAGE */
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
