import { ImageError, isMalformed } from '../../errors.js';
import { chainIds, parseConfig } from '../../oci/config.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { children, parseManifest } from '../../oci/manifest.js';
import { isImageConfigType, isManifestType } from '../../oci/media-types.js';
import type { CallOptions } from '../../transfer/store.js';
import type { ImagePart } from '../engine.js';
import type { Ctr } from './ctr.js';

/** The content of an image: its blobs with their sizes, and the chain IDs of its layers. */
export interface CtrContent {
  readonly blobs: ReadonlyMap<Digest, number>;
  readonly chains: readonly Digest[];
}

/** Reads the manifests and configs of an image; the content of other platforms of an index may be absent. */
export async function contentOf(
  ctr: Ctr,
  root: Pick<Descriptor, 'digest' | 'mediaType'>,
  options?: CallOptions,
): Promise<CtrContent> {
  const blobs = new Map<Digest, number>();
  const chains: Digest[] = [];
  const visit = async ({ digest, mediaType, size }: Descriptor): Promise<void> => {
    if (blobs.has(digest)) return;
    const isConfig = isImageConfigType(mediaType);
    if (!isConfig && !isManifestType(mediaType)) return void blobs.set(digest, size);
    const text = await ctr.text(['content', 'get', digest], options).catch(ignoreAbsent);
    if (text === undefined) return;
    const bytes = Buffer.from(text);
    blobs.set(digest, bytes.byteLength);
    if (isConfig)
      chains.push(...chainIds(unlessMalformed(() => parseConfig(bytes))?.diffIds ?? []));
    const manifest = isConfig ? undefined : unlessMalformed(() => parseManifest(mediaType, bytes));
    for (const child of manifest ? children(manifest) : []) await visit(child);
  };
  await visit({ ...root, size: 0 });
  return { blobs, chains };
}

/** Disk use of the snapshots by key, in bytes. Those of unpacked layers have their chain IDs as keys. */
export async function snapshotSizes(
  ctr: Ctr,
  options?: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const lines = (await ctr.text(['snapshots', 'usage', '-b'], options)).split('\n').slice(1);
  return new Map(
    lines.flatMap((line) => {
      const [key = '', size = ''] = line.trim().split(/\s+/);
      return /^[0-9]+$/.test(size) ? [[key, Number(size)] as const] : [];
    }),
  );
}

/** The blobs of an image and the snapshots of its layers. A layer without compression has the digest of its chain ID. */
export function partsOf(
  { blobs, chains }: CtrContent,
  snapshots: ReadonlyMap<string, number>,
): readonly ImagePart[] {
  return [
    ...[...blobs].map(([id, bytes]) => ({ id, bytes })),
    ...chains.flatMap((chain) => {
      const bytes = snapshots.get(chain);
      return bytes === undefined ? [] : [{ id: `snapshot ${chain}`, bytes }];
    }),
  ];
}

/** A malformed image of others takes the space of what can be read of it. */
function unlessMalformed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isMalformed(error)) return undefined;
    throw error;
  }
}

/** Undefined for content that is absent. */
export function ignoreAbsent(error: unknown): undefined {
  if (!(error instanceof ImageError && error.code === 'NOT_FOUND')) throw error;
}
