import { describe, expect, it } from 'vitest';
import { writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import type { Digest } from '../oci/digest.js';
import { walk } from '../transfer/graph/walk.js';
import { withPresentPlatforms } from './present-platforms.js';

const platform = (architecture: string) => ({ os: 'linux', architecture });
const [AMD64, ARM64, S390X] = [platform('amd64'), platform('arm64'), platform('s390x')] as const;

/** A store with an index of three platforms, some of which it lacks. */
async function storeWithout(...absent: readonly string[]) {
  const store = new MemoryStore();
  const index = await writeIndex(store, 'app:1', [AMD64, ARM64, S390X]);
  const digests = new Map<string | undefined, Digest>();
  for (const { descriptor, manifest } of (await walk(store, index)).documents.values()) {
    if (manifest?.kind !== 'image' || !descriptor.platform) continue;
    digests.set(descriptor.platform.architecture, descriptor.digest);
    if (!absent.includes(descriptor.platform.architecture)) continue;
    for (const { digest } of (await walk(store, descriptor)).nodes) store.blobs.delete(digest);
  }
  return { store, index, digests };
}

describe('the images of an engine', () => {
  it.each([
    ['a complete index', [], {}, undefined],
    ['the own platform of a partial one', ['s390x'], {}, 'arm64'],
    ['the first one that is there without the own', ['arm64', 'amd64'], {}, 's390x'],
    ['the wanted platform of a complete one', [], { platforms: [S390X] }, 's390x'],
    ['the index, of which several are wanted', ['arm64'], { platforms: [AMD64, S390X] }, undefined],
    ['the index, of which all are wanted', ['arm64'], { platforms: 'all' }, undefined],
    ['the wanted platform of a partial one', ['arm64'], { platforms: [AMD64] }, 'amd64'],
  ] as const)('are %s', async (_what, absent, options, expected) => {
    const { store, index, digests } = await storeWithout(...absent);
    const notices: string[] = [];
    const source = await withPresentPlatforms(store, {
      own: async () => ARM64,
      onNotice: (text) => notices.push(text),
      ...options,
    });
    const found = await source.resolve('app:1');
    if (expected === undefined) expect(found.descriptor.digest).toBe(index.digest);
    else
      expect(found).toMatchObject({
        reference: 'docker.io/library/app:1',
        descriptor: { digest: digests.get(expected) },
        index: index.digest,
      });
    expect(notices).toHaveLength(expected === undefined ? 0 : 1);
    if (absent.length === 0 || expected !== undefined)
      expect((await walk(source, found.descriptor)).missing).toEqual([]);
  });

  it('are not those of an absent platform', async () => {
    const { store } = await storeWithout('s390x');
    const own = async () => ARM64;
    await expect(withPresentPlatforms(store, { own, platforms: [S390X] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'It has linux/amd64, linux/arm64.',
    });
  });

  it('are the index where nothing of it is complete', async () => {
    const { store, index } = await storeWithout('amd64', 'arm64', 's390x');
    const source = await withPresentPlatforms(store, { own: async () => ARM64 });
    expect((await source.resolve('app:1')).descriptor.digest).toBe(index.digest);
  });
});
