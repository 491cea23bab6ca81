import { expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { MediaType } from '../../oci/media-types.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { walk } from '../../transfer/graph/walk.js';
import { packForShare } from './pack-for-share.js';

it('an image is packed once, for its archive and for the share', async () => {
  const { workspace, call } = await workspaceOf();
  const plain = await storeWith('app:1');
  await using packed = await packForShare(workspace, plain, 'app:1', call);
  const { source } = packed;
  const [image] = imagesOf(await walk(source, (await source.resolve()).descriptor));
  expect(new Set(image?.layers.map(({ mediaType }) => mediaType))).toEqual(
    new Set([MediaType.layerGzip]),
  );
});
