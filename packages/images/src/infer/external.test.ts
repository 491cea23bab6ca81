import { expect, it } from 'vitest';
import { externalName, externalNodes } from './external.js';
import type { Image } from './image.js';

const lock = (base: string, hex: string) => ({ base, digest: `sha256:${hex.repeat(64)}` as const });
const image = (more: Partial<Image>) => more as Image;

it('each locked base is a node, whose hash is its digest', () => {
  const ubuntu = lock('ubuntu:25.04', 'a');
  expect(externalName(ubuntu)).toBe('oci:ubuntu:25.04');
  expect(externalNodes([image({ lock: ubuntu }), image({}), image({ lock: ubuntu })])).toEqual({
    'oci:ubuntu:25.04': {
      type: 'oci',
      name: 'oci:ubuntu:25.04',
      data: { version: ubuntu.digest, packageName: 'ubuntu:25.04', hash: ubuntu.digest },
    },
  });
});
