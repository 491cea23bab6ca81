import { spoolFolder } from '../../catalog/file.js';
import { convertImage } from '../../convert/convert-image.js';
import type { ConvertOptions } from '../../convert/convert-options.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { canonicalReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { forEachReadable } from '../../transfer/each-readable.js';
import { walk } from '../../transfer/graph/walk.js';
import type { VerbOptions } from '../workspace/call.js';
import { leftOut, malformedMembers } from '../workspace/notices.js';
import type { Workspace } from '../workspace/workspace.js';
import {
  prepareReferrers,
  reportSkippedReferrers,
  withoutReferrers,
  type ImageToCopy,
} from './copy-referrers.js';

/** Options for preparing images for a copy. */
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
  readonly moving: readonly ImageToCopy[];
}

/**
 * Converts the images, if asked, and finds the signatures, SBOMs and other referrers that are copied with them. An image that is not
 * converted may lack content: the destination may have it.
 */
export async function prepareCopy(
  workspace: Workspace,
  opened: Opened,
  images: readonly NamedDescriptor[],
  options: PrepareCopyOptions,
): Promise<PreparedCopy> {
  const moving: ImageToCopy[] = [];
  const notify = (text: string): void => options.onEvent?.({ type: 'notice', text });
  const dispose = async (): Promise<void> => {
    for (const each of moving) await each[Symbol.asyncDispose]?.();
  };
  try {
    const wanted = options.hasReferrers ? images : await withoutReferrers(opened, images, options);
    await forEachReadable(
      wanted,
      async (image) => moving.push(await prepare(workspace, opened, image, options)),
      (error, { reference, descriptor }) => notify(leftOut(reference ?? descriptor.digest, error)),
    );
    moving.flatMap(({ graph }) => malformedMembers(graph)).forEach(notify);
    if (options.convert) await reportSkippedReferrers(opened, images, moving, options);
    if (options.hasReferrers) moving.push(...(await prepareReferrers(opened, moving, options)));
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
): Promise<ImageToCopy> {
  const { source } = opened;
  const { as } = options;
  const before = image.index ?? image.descriptor.digest;
  const reference =
    as === undefined ? (image.reference ?? opened.record?.reference) : canonicalReference(as);
  if (!options.convert)
    return {
      source,
      before,
      reference,
      graph: await walk(source, image.descriptor, { ...options, missing: 'report' }),
    };
  options.onEvent?.({ type: 'step', subject: reference ?? before, text: 'converting' });
  const converted = await convertImage(source, image, {
    ...options.convert,
    signal: options.signal,
    spoolFolder: spoolFolder(place),
    onNotice: (text) => options.onEvent?.({ type: 'notice', text }),
  });
  try {
    return {
      before,
      reference,
      source: converted.source,
      graph: await walk(converted.source, converted.to, options),
      [Symbol.asyncDispose]: () => converted[Symbol.asyncDispose](),
    };
  } catch (error) {
    await converted[Symbol.asyncDispose]();
    throw error;
  }
}
