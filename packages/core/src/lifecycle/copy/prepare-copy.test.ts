import { describe, expect, it } from 'vitest';
import { writeImage, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { MediaType } from '../../oci/media-types.js';
import type { Opened } from '../../open.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { prepareCopy, type PrepareCopyOptions } from './prepare-copy.js';

/** An image with an SBOM, in memory. */
async function start() {
  const { workspace, call, events } = await workspaceOf();
  const source = new MemoryStore();
  const image = await writeImage(source, 'app:1', { layers: 1 });
  const sbom = await writeReferrer(source, image, { artifactType: 'text/x' });
  const opened: Opened = { source, kind: 'oci-archive', compression: 'none', notices: [] };
  const prepare = async (options: Partial<PrepareCopyOptions> = {}) => {
    const images = [{ descriptor: image, reference: 'docker.io/library/app:1' }];
    await using prepared = await prepareCopy(workspace, opened, images, {
      ...{ ...call, hasReferrers: true, ...options },
    });
    return prepared.moving.map(({ graph, before, reference }) => ({ graph, before, reference }));
  };
  const notices = () => events.flatMap((each) => (each.type === 'notice' ? [each.text] : []));
  return { source, image, sbom, prepare, notices };
}

describe('images that are prepared for a copy', () => {
  it('come with their referrers, which have no name', async () => {
    const { image, sbom, prepare } = await start();
    const moving = await prepare();
    expect(moving.map(({ graph, reference }) => [graph.root.digest, reference])).toEqual([
      [image.digest, 'docker.io/library/app:1'],
      [sbom.digest, undefined],
    ]);
  });

  it('come without referrers to a destination that keeps none', async () => {
    const { prepare } = await start();
    expect(await prepare({ hasReferrers: false })).toHaveLength(1);
  });

  it('get the name that is asked for', async () => {
    const { prepare } = await start();
    expect((await prepare({ as: 'other:2' }))[0]?.reference).toBe('docker.io/library/other:2');
  });

  it('are converted; a referrer of the old digest stays behind, with a notice', async () => {
    const { image, prepare, notices } = await start();
    const [moved, ...others] = await prepare({ convert: { compress: 'gzip' } });
    expect(moved?.before).toBe(image.digest);
    expect(moved && imagesOf(moved.graph)[0]?.layers[0]?.mediaType).toBe(MediaType.layerGzip);
    expect(others).toEqual([]);
    expect(notices()).toHaveLength(1);
  });

  it('may lack content that the destination has, unless they are converted', async () => {
    const { source, image, prepare } = await start();
    const layer = [...source.blobs].find(([, { byteLength }]) => byteLength > 2000)?.[0];
    if (layer) source.blobs.delete(layer);
    const [moved] = await prepare();
    expect(moved?.graph.root.digest).toBe(image.digest);
    expect(moved?.graph.missing.map(({ digest }) => digest)).toEqual([layer]);
    await expect(prepare({ convert: { compress: 'gzip' } })).rejects.toThrow();
  });
});
