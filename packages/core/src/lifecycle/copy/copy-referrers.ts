import { besideSubject } from '../../oci/attachments.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { attachmentOf, referrerGraphsOf, referrersOf } from '../../transfer/graph/referrers.js';
import type { Source } from '../../transfer/store.js';
import type { VerbOptions } from '../workspace/call.js';

/** An image to copy, as it will be at the destination. */
export interface ImageToCopy extends Partial<AsyncDisposable> {
  readonly source: Source;
  readonly graph: Graph;
  readonly before: Digest;
  readonly reference: string | undefined;
}

/** Signatures, SBOMs and other referrers of the images, each once. */
export async function prepareReferrers(
  { source }: Opened,
  moving: readonly ImageToCopy[],
  options: VerbOptions,
): Promise<ImageToCopy[]> {
  const known = new Set(moving.map(({ graph }) => graph.root.digest));
  const referrers: ImageToCopy[] = [];
  for (const { graph: image, reference: name } of moving)
    for (const graph of await referrerGraphsOf(source, [image], options)) {
      const before = graph.root.digest;
      if (known.has(before)) continue;
      known.add(before);
      const { tag } = graph;
      const isTagged = name !== undefined && tag !== undefined;
      const reference = isTagged ? besideSubject(name, tag) : undefined;
      referrers.push({ source, graph, before, reference });
    }
  return referrers;
}

/** An engine cannot run signatures and SBOMs. */
export async function withoutReferrers(
  { source }: Opened,
  images: readonly NamedDescriptor[],
  options: VerbOptions,
): Promise<NamedDescriptor[]> {
  const own: NamedDescriptor[] = [];
  for (const image of images) {
    const attached = images.length > 1 && (await attachmentOf(source, image, options));
    if (!attached) own.push(image);
    else
      options.onEvent?.({
        type: 'notice',
        text: `${image.descriptor.digest}: not copied, because it is no image but refers to ${attached.subject}`,
      });
  }
  return own;
}

/** Referrers name the digest of their subject, so they do not match a converted image. */
export async function reportSkippedReferrers(
  { source }: Opened,
  images: readonly NamedDescriptor[],
  moving: readonly ImageToCopy[],
  options: VerbOptions,
): Promise<void> {
  const same = new Set(moving.map(({ graph }) => graph.root.digest));
  const changed = images.flatMap(({ descriptor }) =>
    same.has(descriptor.digest) ? [] : [descriptor],
  );
  for (const { descriptor } of await referrersOf(source, changed, options))
    options.onEvent?.({
      type: 'notice',
      text: `${descriptor.digest}: not copied, because conversion changed the digest of the image it refers to`,
    });
}
