import { describe, expect, it } from 'vitest';
import { writeImage, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { Annotation, type NamedDescriptor } from '../../oci/layout.js';
import { resolveAmong, withDistinctNames } from './resolve.js';

async function twoImages() {
  const store = new MemoryStore();
  const one = await writeImage(store, undefined, { seed: 'one' });
  const two = await writeImage(store, undefined, { seed: 'two' });
  return { store, one, two };
}

describe('resolving among images', () => {
  it('finds an image by a short or full name, a digest, or a name that is only a tag', async () => {
    const { store, one, two } = await twoImages();
    const tagged = { ...two, annotations: { [Annotation.refName]: 'v1' } };
    const images: NamedDescriptor[] = [
      { reference: 'docker.io/library/app:1', descriptor: one },
      { descriptor: tagged },
    ];
    for (const [reference, expected] of [
      ['app:1', one],
      ['docker.io/library/app:1', one],
      [one.digest, one],
      ['v1', tagged],
      [two.digest, tagged],
    ] as const)
      expect((await resolveAmong(store, images, reference)).descriptor).toBe(expected);
    await expect(resolveAmong(store, images, 'app:2')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('docker.io/library/app:1') as string,
    });
  });

  it('without a reference takes the only image, whatever its names and its referrers', async () => {
    const { store, one, two } = await twoImages();
    const referrer = await writeReferrer(store, one, { artifactType: 'text/x-signature' });
    const named = ['a:1', 'b:1'].map((reference) => ({ reference, descriptor: one }));
    const images = [...named, { descriptor: referrer }];
    expect((await resolveAmong(store, images, undefined)).descriptor).toBe(one);
    const several = resolveAmong(store, [...images, { descriptor: two }], undefined);
    await expect(several).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    await expect(resolveAmong(store, [], undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses one name of two images, and accepts it twice for one image', async () => {
    const { store, one, two } = await twoImages();
    const reference = 'docker.io/library/app:1';
    const different = [one, two].map((descriptor) => ({ reference, descriptor }));
    await expect(resolveAmong(store, different, 'app:1')).rejects.toMatchObject({
      code: 'AMBIGUOUS',
      message: expect.stringContaining(two.digest) as string,
    });
    await expect(withDistinctNames(store, different)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    const same = [one, one].map((descriptor) => ({ reference, descriptor }));
    expect((await resolveAmong(store, same, 'app:1')).descriptor).toBe(one);
    const images = [...same, { descriptor: two }];
    expect(await withDistinctNames(store, images)).toEqual(images);
  });
});
