import type { CreateNodesResult } from '@nx/devkit';
import type { BaseLock } from '@stowage/core/definition';
import type { Image } from './image.js';

/** Graph nodes for locked outside bases. The digest is the node's hash, so a new lock causes a cache miss. */
export function externalNodes(images: readonly Image[]): CreateNodesResult['externalNodes'] {
  return Object.fromEntries(
    images.flatMap(({ lock }) => (lock ? [[externalName(lock), nodeOf(lock)] as const] : [])),
  );
}

export function externalName({ base }: BaseLock): `oci:${string}` {
  return `oci:${base}`;
}

function nodeOf(lock: BaseLock) {
  const { base, digest } = lock;
  return {
    type: 'oci',
    name: externalName(lock),
    data: { version: digest, packageName: base, hash: digest },
  } as const;
}
