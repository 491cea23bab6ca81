import { packTar, type TarMember } from '../src/archive/tar/pack-tar.js';
import { readTarHeaders } from '../src/archive/tar/read-tar-headers.js';
import { compress } from '../src/compression/compress.js';
import { digestOf, type Digest } from '../src/oci/digest.js';
import type { Descriptor } from '../src/oci/descriptor.js';
import { DEFAULT_LIMITS } from '../src/oci/limits.js';
import { formatManifest } from '../src/oci/manifest.js';
import { MediaType } from '../src/oci/media-types.js';
import { oneChunk } from '../src/transfer/copy.js';
import type { Bytes } from '../src/transfer/store.js';
import { readAll } from '../src/transfer/verified.js';
import { nameImage, put } from './image.js';
import { MemoryStore } from './memory-store.js';

const TYPES = {
  none: MediaType.layer,
  gzip: MediaType.layerGzip,
  zstd: MediaType.layerZstd,
} as const;

export interface BaseImageOptions {
  readonly compression?: keyof typeof TYPES;
  /** Replaces the diff IDs of the config. */
  readonly diffIds?: readonly Digest[];
}

/**
 * A store with one image of the given layers, lowest first. A member is a line: a file `etc/passwd`, a folder
 * `home/ci/ 700 1000:1000`, a link `bin -> usr/bin`.
 */
export async function baseImage(
  reference: string,
  layers: readonly (readonly string[])[],
  { compression = 'none', diffIds }: BaseImageOptions = {},
): Promise<MemoryStore> {
  const store = new MemoryStore();
  const descriptors: Descriptor[] = [];
  const real: Digest[] = [];
  for (const layer of layers) {
    const tar = await readAll(packTar(layer.map(memberOf)), Infinity);
    real.push(digestOf(tar));
    const packed =
      compression === 'none'
        ? tar
        : await readAll(compress(oneChunk(tar), { kind: compression }), Infinity);
    descriptors.push(await put(store, TYPES[compression], packed));
  }
  const config = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: diffIds ?? real },
  };
  const described = await put(store, MediaType.config, Buffer.from(JSON.stringify(config)));
  const root = await put(store, MediaType.manifest, formatManifest(described, descriptors));
  await nameImage(store, root, reference);
  return store;
}

function memberOf(line: string): TarMember {
  const [name = '', linkname] = line.split(' -> ');
  const empty = { size: 0, open: () => [] };
  if (linkname !== undefined) return { ...empty, name, type: 'symlink', linkname, mode: 0o777 };
  const [path = '', mode = path.endsWith('/') ? '755' : '644', owner = '0:0'] = name.split(' ');
  const [uid, gid] = owner.split(':').map(Number);
  return {
    ...empty,
    name: path,
    type: path.endsWith('/') ? 'directory' : 'file',
    mode: parseInt(mode, 8),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

/** The members of a plain layer as lines that {@link baseImage} reads, each with mode and owner. */
export async function linesOf(layer: Bytes): Promise<string[]> {
  const lines: string[] = [];
  for await (const { name, type, link, mode, uid, gid } of readTarHeaders(layer, DEFAULT_LIMITS))
    lines.push(
      type === 'symlink' ? `${name} -> ${link}` : `${name} ${mode.toString(8)} ${uid}:${gid}`,
    );
  return lines;
}
