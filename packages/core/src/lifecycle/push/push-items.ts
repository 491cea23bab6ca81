import { ImageError } from '../../errors.js';
import type { Attachment } from '../../oci/attachments.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { HUB, parseNameInRegistry, parseReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import {
  attachmentOf,
  referrerGraphsOf,
  type ReferrerGraph,
} from '../../transfer/graph/referrers.js';
import { withDistinctNames } from '../../transfer/graph/resolve.js';
import { walk } from '../../transfer/graph/walk.js';
import { forEachReadable } from '../../transfer/each-readable.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import { leftOut, malformedMembers } from '../workspace/notices.js';
import { destinationOf, type PushTarget } from '../workspace/inputs/registry-address.js';
import { option, wording } from '../../wording.js';

/** Names of pushed images. */
export interface PushNaming extends Pick<VerbOptions, 'signal' | 'onEvent'> {
  /** Name in the registry, `REPOSITORY[:TAG]`, for one input with one image. */
  readonly tag?: string | undefined;
  /**
   * Whether names of images without a path, as `app:1`, begin with `library/`, where Docker Hub keeps them; `push.library` of the
   * settings when omitted, else true. A name in `tag` is used as written.
   */
  readonly library?: boolean | undefined;
  /** `false` leaves out signatures and SBOMs that refer to the images. */
  readonly referrers?: boolean | undefined;
}

/** An image to push; its structure is already checked. */
export interface PushItem {
  readonly input: string;
  readonly at: Opened;
  readonly image: NamedDescriptor;
  readonly graph: Graph;
  readonly referrers: readonly ReferrerGraph[];
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
  const all: NamedDescriptor[] = [];
  if (at.reference !== undefined) all.push(await source.resolve(at.reference, options));
  else for await (const image of source.list(options)) all.push(image);
  if (all.length === 0)
    throw new ImageError('NOT_FOUND', `${input}: the archive has no image`, {
      location: input,
    });
  const { images, referring } = await partition(at, await withDistinctNames(source, all), options);
  const report = (text: string): void => options.onEvent?.({ type: 'notice', text });
  const items: PushItem[] = [];
  const pushed = new Set<Digest>();
  const add = async (image: NamedDescriptor): Promise<void> => {
    // The registry may have what a delta lacks.
    const graph = await walk(source, image.descriptor, { ...options, missing: 'report' });
    malformedMembers(graph).forEach(report);
    const referrers =
      options.referrers === false ? [] : await referrerGraphsOf(source, [graph], options);
    for (const { documents } of [graph, ...referrers])
      for (const digest of documents.keys()) pushed.add(digest);
    const reference = referenceFor({ input, at, image }, target, options);
    if (reference !== undefined) items.push({ input, at, image, graph, referrers, reference });
    else if (imagesOf(graph).length > 0 || all.length === 1) throw unnamedError(input, image);
    else report(`${image.descriptor.digest}: left out: an artifact without a name`);
  };
  const reportMalformed = (error: ImageError, { reference, descriptor }: NamedDescriptor): void =>
    report(leftOut(reference ?? descriptor.digest, error));
  function* wanted(): Iterable<NamedDescriptor> {
    yield* images;
    if (options.referrers === false) return;
    // Referrers are pushed with their image; those of an image that is not here are pushed as images.
    for (const [image, { subject }] of referring)
      if (!pushed.has(subject) && !pushed.has(image.descriptor.digest)) yield image;
  }
  await forEachReadable(wanted(), add, reportMalformed);
  return items;
}

async function partition(
  { source }: Opened,
  all: readonly NamedDescriptor[],
  options: PushNaming,
): Promise<{ images: NamedDescriptor[]; referring: [NamedDescriptor, Attachment][] }> {
  const images: NamedDescriptor[] = [];
  const referring: [NamedDescriptor, Attachment][] = [];
  for (const image of all) {
    const attached = all.length > 1 && (await attachmentOf(source, image, options));
    if (attached) referring.push([image, attached]);
    else images.push(image);
  }
  return { images, referring };
}

function referenceFor(
  { at, image }: Pick<PushItem, 'input' | 'at' | 'image'>,
  target: PushTarget,
  { tag, library = true }: PushNaming,
): string | undefined {
  if (tag !== undefined) return destinationOf(target, parseNameInRegistry(tag));
  const name = image.reference ?? at.record?.reference;
  if (name === undefined) return undefined;
  const { registry, repository, ...rest } = parseReference(name);
  const isOfHub = registry === HUB && !library;
  const short = isOfHub ? repository.replace(/^library\/(?=[^/]+$)/, '') : repository;
  return destinationOf(target, { ...rest, repository: short });
}

function unnamedError(input: string, { descriptor }: NamedDescriptor): ImageError {
  return new ImageError('USAGE', `${input}: the image ${descriptor.digest} has no name`, {
    location: input,
    hint: wording`Name it with ${option('tag', 'REPOSITORY:TAG')}; or, if its name is only a tag, give the repository with ${option('repository')}.`,
  });
}

/** Checks that no name stands for two images. @throws ImageError USAGE */
export function requireOnePerName(items: readonly PushItem[], { tag }: PushNaming): void {
  if (tag !== undefined && items.length !== 1)
    throw new ImageError(
      'USAGE',
      wording`${option('tag', tag)}: one tag cannot be that of ${items.length} images`,
    );
  const digests = new Map<string, Descriptor>();
  for (const { reference, image, input } of items) {
    const known = digests.get(reference);
    if (known && known.digest !== image.descriptor.digest)
      throw new ImageError(
        'USAGE',
        `${input}: ${reference} is the name of two images: ${known.digest} and ${image.descriptor.digest}`,
        { location: input },
      );
    digests.set(reference, image.descriptor);
  }
}
