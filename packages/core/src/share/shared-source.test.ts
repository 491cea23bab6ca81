import { expect, it, onTestFinished } from 'vitest';
import { described, sha256 } from '../../testing/pushing.js';
import { servedRegistry } from '../../testing/served-registry.js';
import { digestOf } from '../oci/digest.js';
import { MediaType } from '../oci/media-types.js';
import { surroundingsOf } from '../surroundings.js';
import { readContent } from '../transfer/verified.js';
import { SharedSource } from './shared-source.js';

const REFERENCE = 'docker.io/library/app:latest';

/** A registry that has an image in `second`, and the source of it or of another digest. */
async function start(digestToFind?: string) {
  const { host, pushImage, requests } = await servedRegistry();
  const manifest = await pushImage('second', '1', 'layer');
  const digest = digestOf(Buffer.from(JSON.stringify(manifest)));
  const repositories = ['first', 'second'].map((repository) => ({ registry: host, repository }));
  const wanted = digestToFind === undefined ? digest : digestOf(Buffer.from(digestToFind));
  const source = new SharedSource(
    { reference: REFERENCE, digest: wanted },
    { repositories, surroundings: surroundingsOf() },
  );
  onTestFinished(() => source[Symbol.asyncDispose]());
  requests.length = 0;
  return { source, digest, requests, host };
}

it('asks nobody before the image is needed, and then looks for it once', async () => {
  const { source, digest, requests, host } = await start();
  expect(source.location).toBe(`docker://${host}/first, docker://${host}/second`);
  expect(requests).toEqual([]);
  const { descriptor, reference } = await source.resolve();
  expect([descriptor.digest, reference]).toEqual([digest, REFERENCE]);
  const asked = requests.length;
  expect((await source.resolve(REFERENCE)).descriptor).toEqual(descriptor);
  expect(requests).toHaveLength(asked);
});

it('reads content from the repository that has the image', async () => {
  const { source } = await start();
  const layer = { ...described(MediaType.layer, 'layer'), digest: digestOf(Buffer.from('layer')) };
  expect(sha256('layer')).toBe(layer.digest);
  expect(await source.has(layer)).toBe(true);
  expect(Buffer.from(await readContent(source, layer)).toString()).toBe('layer');
});

it('lists the image alone, and knows it by no other name', async () => {
  const { source, digest } = await start();
  const names: string[] = [];
  for await (const { descriptor } of source.list()) names.push(descriptor.digest);
  expect(names).toEqual([digest]);
  await expect(source.resolve('docker.io/library/other:1')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

it('an image that no repository has is NOT_FOUND', async () => {
  const { source } = await start('another');
  await expect(source.resolve()).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: expect.stringContaining('pruned') as string,
  });
});
