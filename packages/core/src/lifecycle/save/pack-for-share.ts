import { spoolFolder } from '../../catalog/file.js';
import { convertImage } from '../../convert/convert-image.js';
import { convertLayer } from '../../convert/convert-layer.js';
import type { Source } from '../../transfer/store.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/** Level of gzip, the same as that of a push: a higher one takes longer than it saves. */
const GZIP_LEVEL = 1;

/**
 * An image as it is archived and published: its new layers are packed once, so that archive, record and share name the same
 * blobs. Dispose it after the commit, before `source`.
 */
export async function packForShare(
  { place }: Workspace,
  source: Source,
  reference: string,
  { signal, onEvent }: VerbOptions,
): Promise<AsyncDisposable & { readonly source: Source }> {
  return await convertImage(source, await source.resolve(reference, { signal }), {
    compress: 'gzip',
    signal,
    onNotice: (text) => onEvent?.({ type: 'notice', text }),
    pack: (from, layer, options) =>
      convertLayer(from, layer, {
        ...options,
        level: GZIP_LEVEL,
        spoolFolder: spoolFolder(place),
      }),
  });
}
