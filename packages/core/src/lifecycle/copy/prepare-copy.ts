import { spoolFolder } from '../../catalog/file.js';
import { convertImage, type ConvertOptions } from '../../convert/convert-image.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { canonicalReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import type { Graph } from '../../transfer/graph.js';
import { referrersOf, referrerGraphsOf } from '../../transfer/referrers.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/** An image to copy, as it will be at the destination. */
export interface Moving extends Partial<AsyncDisposable> {
  readonly source: Source;
  readonly graph: Graph;
  readonly before: Digest;
  readonly reference: string | undefined;
}

/** How images are prepared for a copy. */
export interface PrepareCopyOptions extends VerbOptions {
  /** Convert each image. */
  readonly convert?:
    | Pick<ConvertOptions, 'platforms' | 'compress' | 'level' | 'format'>
    | undefined;
  /** Name of the image at the destination. */
  readonly as?: string | undefined;
  /** Whether the destination stores referrers. */
  readonly hasReferrers: boolean;
}

/** Images to copy and their referrers. Dispose of it after the copy. */
export interface PreparedCopy extends AsyncDisposable {
  readonly moving: readonly Moving[];
}

/** Converts the images, if asked, and finds the signatures, SBOMs and other referrers that are copied with them. */
export async function prepareCopy(
  workspace: Workspace,
  opened: Opened,
  images: readonly NamedDescriptor[],
  options: PrepareCopyOptions,
): Promise<PreparedCopy> {
  const moving: Moving[] = [];
  const dispose = async (): Promise<void> => {
    for (const each of moving) await each[Symbol.asyncDispose]?.();
  };
  try {
    for (const image of images) moving.push(await prepare(workspace, opened, image, options));
    if (options.convert) await reportSkippedReferrers(opened, images, moving, options);
    else if (options.hasReferrers)
      moving.push(...(await prepareReferrers(opened, moving, options)));
    return { moving, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function prepare(
  { place }: Workspace,
  opened: Opened,
  image: NamedDescriptor,
  options: PrepareCopyOptions,
): Promise<Moving> {
  const { source } = opened;
  const { as } = options;
  const { digest: before } = image.descriptor;
  const reference =
    as === undefined ? (image.reference ?? opened.record?.reference) : canonicalReference(as);
  if (!options.convert)
    return { source, before, reference, graph: await walk(source, image.descriptor, options) };
  options.onEvent?.({ type: 'step', subject: reference ?? before, text: 'converting' });
  const converted = await convertImage(source, image, {
    ...options.convert,
    signal: options.signal,
    spoolFolder: spoolFolder(place),
    onNotice: (text) => options.onEvent?.({ type: 'notice', text }),
  });
  return {
    before,
    reference,
    source: converted.source,
    graph: await walk(converted.source, converted.to, options),
    [Symbol.asyncDispose]: () => converted[Symbol.asyncDispose](),
  };
}

/** Signatures, SBOMs and other referrers of the images. */
async function prepareReferrers(
  { source }: Opened,
  moving: readonly Moving[],
  options: PrepareCopyOptions,
): Promise<Moving[]> {
  const images = moving.map(({ graph }) => graph);
  const graphs = await referrerGraphsOf(source, images, options);
  return graphs.map((graph) => ({
    source,
    graph,
    before: graph.root.digest,
    reference: undefined,
  }));
}

/** Referrers name the digest of their subject, so they do not match a converted image. */
async function reportSkippedReferrers(
  { source }: Opened,
  images: readonly NamedDescriptor[],
  moving: readonly Moving[],
  options: PrepareCopyOptions,
): Promise<void> {
  const same = new Set(moving.map(({ graph }) => graph.root.digest));
  const changed = images.flatMap(({ descriptor }) =>
    same.has(descriptor.digest) ? [] : [descriptor],
  );
  for (const { digest } of await referrersOf(source, changed, options))
    options.onEvent?.({
      type: 'notice',
      text: `${digest}: not copied, because conversion changed the digest of the image it refers to`,
    });
}
