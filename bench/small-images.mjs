// Writes archives of small images: each has a layer of its own, and two of three have another one that half of them share.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes the archive of image number `n`, named bench/app-<n>:1. */
export function writeImageArchive(path, n) {
  const own = packTar({ [`opt/app-${n}`]: Buffer.alloc(2000, `image ${n} `) });
  const layers = n % 3 === 0 ? [own] : [baseLayer(n % 3), own];
  const platform = { os: 'linux', architecture: 'amd64' };
  const diffIds = layers.map(digestOf);
  const config = json({ ...platform, rootfs: { type: 'layers', diff_ids: diffIds } });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describe('config.v1+json', config),
    layers: layers.map((layer) => describe('layer.v1.tar', layer)),
  });
  const annotations = { 'io.containerd.image.name': `docker.io/bench/app-${n}:1` };
  const manifests = [{ ...describe('manifest.v1+json', manifest), annotations }];
  const blobs = [config, manifest, ...layers];
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    packTar({
      'oci-layout': json({ imageLayoutVersion: '1.0.0' }),
      'index.json': json({ schemaVersion: 2, manifests }),
      ...Object.fromEntries(
        blobs.map((each) => [`blobs/${digestOf(each).replace(':', '/')}`, each]),
      ),
    }),
  );
}

function baseLayer(number) {
  return packTar({ [`opt/base-${number}`]: Buffer.alloc(20_000, `base ${number} `) });
}

function describe(kind, bytes) {
  const mediaType = `application/vnd.oci.image.${kind}`;
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function json(value) {
  return Buffer.from(JSON.stringify(value));
}

function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function packTar(files) {
  const members = Object.entries(files).flatMap(([name, content]) => [
    header(name, content.length),
    content,
    Buffer.alloc(-content.length & 511),
  ]);
  return Buffer.concat([...members, Buffer.alloc(1024)]);
}

function header(name, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        0ustar\u000000', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
