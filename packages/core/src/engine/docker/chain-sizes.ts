import type { Digest } from '../../oci/digest.js';

/** An image of an engine, with the sizes that the engine tells. */
export interface LayeredImage {
  readonly id: Digest;
  /** Chain IDs of its layers, the lowest first. */
  readonly chains: readonly Digest[];
  /** Sizes of its layers, the lowest first; of another length where they are not known. */
  readonly steps: readonly number[];
  /** Size of all of its layers, in bytes. */
  readonly unpacked: number;
}

/**
 * The sizes of chains of layers, in bytes: of each layer with all below it, as far as the engine tells. They are the sums of an
 * image's layers where these are known, the size of an image for its highest layer, and what an image shares with others
 * for the highest layer of it that another image has.
 *
 * @param shared by image ID, the size of what the image shares; called only when a size is not known without it.
 */
export async function chainSizes(
  images: readonly LayeredImage[],
  shared: () => Promise<ReadonlyMap<Digest, number>>,
): Promise<ReadonlyMap<Digest, number>> {
  const sizes = new Map<Digest, number>();
  for (const { chains, steps, unpacked } of images) {
    const top = chains.at(-1);
    if (top === undefined) continue;
    if (steps.length !== chains.length) {
      if (!sizes.has(top)) sizes.set(top, unpacked);
      continue;
    }
    let sum = 0;
    for (const [at, chain] of chains.entries()) sizes.set(chain, (sum += steps[at] ?? 0));
  }
  const users = new Map<Digest, number>();
  for (const chain of images.flatMap(({ chains }) => chains))
    users.set(chain, (users.get(chain) ?? 0) + 1);
  const unknown = images.flatMap(({ id, chains }) => {
    const highest = chains.findLast((chain) => (users.get(chain) ?? 0) > 1);
    return highest === undefined || sizes.has(highest) ? [] : [{ id, highest }];
  });
  if (unknown.length === 0) return sizes;
  const known = await shared();
  for (const { id, highest } of unknown) {
    const size = known.get(id);
    if (size !== undefined) sizes.set(highest, size);
  }
  return sizes;
}

/** The sizes of the chains of one image, ascending; layers between two known ones are taken for equally large. */
export function withoutGaps(sizes: readonly (number | undefined)[]): readonly number[] {
  const filled: number[] = [];
  for (const at of sizes.keys()) {
    const before = filled.at(-1) ?? 0;
    const next = sizes.findIndex((each, index) => index >= at && each !== undefined);
    const grown = next < 0 ? 0 : Math.max((sizes[next] ?? 0) - before, 0) / (next - at + 1);
    filled.push(before + grown);
  }
  return filled;
}
