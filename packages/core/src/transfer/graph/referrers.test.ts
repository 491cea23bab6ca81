import { describe, expect, it } from 'vitest';
import { nameImage, put, writeImage, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { MediaType } from '../../oci/media-types.js';
import { attachmentOf, referrerGraphsOf, referrersOf } from './referrers.js';
import { walk } from './walk.js';

const TYPE = { artifactType: 'text/x' };

/** An image, an SBOM of it, a signature of the SBOM, and another image. */
async function signed() {
  const store = new MemoryStore();
  const image = await writeImage(store, 'app:1');
  const other = await writeImage(store, 'other:1', { seed: 'b' });
  const sbom = await writeReferrer(store, image, TYPE);
  const signature = await writeReferrer(store, sbom, TYPE);
  return { store, image, other, sbom, signature };
}

const digests = (referrers: readonly { descriptor: Descriptor }[]) =>
  referrers.map(({ descriptor }) => descriptor.digest);

describe('referrers', () => {
  it('are found through their subject, indirect ones after direct ones', async () => {
    const { store, image, other, sbom, signature } = await signed();
    expect(digests(await referrersOf(store, [image]))).toEqual([sbom.digest, signature.digest]);
    expect(digests(await referrersOf(store, [sbom]))).toEqual([signature.digest]);
    expect(digests(await referrersOf(store, [other]))).toEqual([]);
  });

  it('are listed once for several subjects, and a subject is none of them', async () => {
    const { store, image, sbom, signature } = await signed();
    const found = await referrersOf(store, [image, image, sbom]);
    expect(digests(found)).toEqual([sbom.digest, signature.digest]);
  });

  it('are asked for where the source has an index of them, and the list is not read', async () => {
    const { image, sbom, signature, store } = await signed();
    const asked: string[] = [];
    const source = Object.assign(Object.create(store) as MemoryStore, {
      list: () => expect.unreachable(),
      referrers: async function* (subject: Descriptor) {
        asked.push(subject.digest);
        if (subject.digest === image.digest) yield sbom;
        if (subject.digest === sbom.digest) yield* [signature, sbom];
      },
    });
    expect(digests(await referrersOf(source, [image]))).toEqual([sbom.digest, signature.digest]);
    expect(asked).toEqual([image.digest, sbom.digest, signature.digest]);
  });

  it('that refer to each other end', async () => {
    const { store, image, sbom } = await signed();
    const source = Object.assign(Object.create(store) as MemoryStore, {
      referrers: async function* ({ digest }: Descriptor) {
        yield digest === image.digest ? sbom : image;
      },
    });
    expect(digests(await referrersOf(source, [image]))).toEqual([sbom.digest]);
  });

  it('have graphs, with the tag of cosign where that is how they are found', async () => {
    const { store, image, sbom, signature } = await signed();
    const tag = `${image.digest.replace(':', '-')}.sig`;
    const tagged = await writeImage(store, `app:${tag}`, { seed: 'sig' });
    const graphs = await referrerGraphsOf(store, [await walk(store, image)]);
    expect(graphs.map(({ root, tag: found }) => [root.digest, found]).sort()).toEqual(
      [
        [sbom.digest, undefined],
        [signature.digest, undefined],
        [tagged.digest, tag],
      ].sort(),
    );
  });
});

describe('the attachment of a manifest', () => {
  it('is by its kind, its name or its subject, in this order', async () => {
    const { store, image, sbom } = await signed();
    const tag = `${image.digest.replace(':', '-')}.sig`;
    const named: NamedDescriptor = { descriptor: sbom, reference: `docker.io/library/app:${tag}` };
    const attached = { subject: sbom.digest };
    expect(await attachmentOf(store, { ...named, attached })).toBe(attached);
    expect(await attachmentOf(store, named)).toEqual({ subject: image.digest, tag });
    expect(await attachmentOf(store, { descriptor: sbom })).toEqual({ subject: image.digest });
    expect(await attachmentOf(store, { descriptor: image })).toBeUndefined();
  });

  it('is none for other content, and for a manifest that cannot be read', async () => {
    const store = new MemoryStore();
    const text = await put(store, 'text/plain', Buffer.from('x'));
    const bad = await nameImage(
      store,
      await put(store, MediaType.manifest, Buffer.from('{')),
      undefined,
    );
    expect(await attachmentOf(store, { descriptor: text })).toBeUndefined();
    expect(await attachmentOf(store, { descriptor: bad })).toBeUndefined();
    store.blobs.clear();
    expect(await attachmentOf(store, { descriptor: bad })).toBeUndefined();
  });

  it('passes on an error that is not about the content', async () => {
    const { store, sbom } = await signed();
    const source = Object.assign(Object.create(store) as MemoryStore, {
      read: () => {
        throw new TypeError('mine');
      },
    });
    await expect(attachmentOf(source, { descriptor: sbom })).rejects.toThrow('mine');
  });
});
