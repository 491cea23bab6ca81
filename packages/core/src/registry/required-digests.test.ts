import { expect, it } from 'vitest';
import { describe as descriptorOf } from '../oci/descriptor.js';
import { parseManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { requiredDigests } from './required-digests.js';

const blob = (text: string, mediaType: string = MediaType.layer) =>
  descriptorOf(mediaType, Buffer.from(text));
const required = (mediaType: string, fields: object) =>
  requiredDigests(
    parseManifest(
      mediaType,
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields })),
    ),
  );

it('an image needs its config and layers', () => {
  const [config, layer] = [blob('{}', MediaType.config), blob('a')];
  expect(required(MediaType.manifest, { config, layers: [layer] })).toEqual([
    layer.digest,
    config.digest,
  ]);
});

it('layers of other places need not be there', () => {
  const config = blob('{}', MediaType.config);
  const foreign = blob('a', MediaType.dockerForeignGzip);
  const elsewhere = { ...blob('b'), urls: ['https://example.com/b'] };
  const all = { config, layers: [foreign, elsewhere] };
  expect(required(MediaType.manifest, all)).toEqual([config.digest]);
});

it('an index needs its manifests', () => {
  const manifests = [blob('a', MediaType.manifest), blob('b', MediaType.index)];
  expect(required(MediaType.index, { manifests })).toEqual(manifests.map(({ digest }) => digest));
});
