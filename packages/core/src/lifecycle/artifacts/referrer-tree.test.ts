import { expect, it } from 'vitest';
import { pushedImage } from '../../../testing/pushed-image.js';
import { described } from '../../../testing/pushing.js';
import { MediaType } from '../../oci/media-types.js';
import { attach } from './attach.js';
import { referrerTree } from './referrer-tree.js';

const SPDX = 'application/spdx+json';

it('shows the platforms of an index, and what cosign attached by tags', async () => {
  const { workspace, call, served, digest, reference } = await pushedImage();
  const index = {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: [
      {
        ...described(
          MediaType.manifest,
          JSON.stringify(await served.pushImage('team/app', '1', 'layer')),
        ),
        platform: { os: 'linux', architecture: 'arm64' },
      },
    ],
  };
  await served.putManifest('team/app', 'multi', index);
  const tag = `${digest.replace(':', '-')}.sig`;
  await served.pushImage('team/app', tag, 'signature');
  await attach(workspace, reference, ['sbom.json'], { ...call, artifactType: SPDX });
  expect(await referrerTree(workspace, reference.replace(':1', ':multi'), call)).toMatchObject({
    mediaType: MediaType.index,
    referrers: [],
    manifests: [
      {
        ...{ digest, platform: 'linux/arm64' },
        referrers: [{ artifactType: SPDX, tag: null }, { tag }],
      },
    ],
  });
});
