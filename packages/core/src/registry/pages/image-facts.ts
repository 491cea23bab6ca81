import { ImageError, tooLarge } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { parseJsonObject } from '../../oci/json.js';
import { parseManifest, type ImageManifest, type Manifest } from '../../oci/manifest.js';
import { isImageConfigType, isManifestType } from '../../oci/media-types.js';
import { formatPlatform, readPlatform, type Platform } from '../../oci/platform.js';
import type { RegistryReader } from '../hosted.js';
import { readAll } from '../../transfer/verified.js';

/** Facts about one image or index of a repository, for a page. */
export interface ImageFacts {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  /** Size of the manifest and of all configs and layers, in bytes; each blob counts once. */
  readonly size: number;
  readonly platforms: readonly string[];
  /** The image itself, or the images of the index. */
  readonly images: readonly { readonly platform: string; readonly manifest: ImageManifest }[];
}

/** Maximum number of images read from an index. */
const MAX_INDEX_IMAGES = 50;
/** A page reads many manifests and configs; one larger than this (bytes) is shown as unreadable. */
const MAX_DOCUMENT_BYTES = 256 * 1024;

/** Reads the facts of an image; undefined if it does not exist, is damaged, or is too large for a page. */
export async function readImageFacts(
  reader: RegistryReader,
  repository: string,
  reference: string,
): Promise<ImageFacts | undefined> {
  try {
    const descriptor = await reader.manifest(repository, reference);
    if (!descriptor) return undefined;
    const manifest = await readManifest(reader, repository, descriptor);
    const images = await imagesIn(reader, repository, manifest);
    const blobs = new Map<string, number>([[descriptor.digest, descriptor.size]]);
    for (const each of images)
      for (const { digest, size } of [each.manifest.config, ...each.manifest.layers])
        blobs.set(digest, size);
    return {
      descriptor,
      manifest,
      images,
      platforms: [
        ...new Set(images.flatMap(({ platform }) => (platform === '' ? [] : [platform]))),
      ],
      size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
    };
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

async function imagesIn(reader: RegistryReader, repository: string, manifest: Manifest) {
  if (manifest.kind === 'image')
    return [{ platform: await platformOf(reader, repository, manifest), manifest }];
  const images: { platform: string; manifest: ImageManifest }[] = [];
  for (const child of manifest.manifests
    .filter(({ mediaType }) => isManifestType(mediaType))
    .slice(0, MAX_INDEX_IMAGES)) {
    const inner = await readManifest(reader, repository, child);
    if (inner.kind === 'image')
      images.push({
        platform: child.platform ? platformText(child.platform) : '',
        manifest: inner,
      });
  }
  return images;
}

async function readManifest(
  reader: RegistryReader,
  repository: string,
  descriptor: Descriptor,
): Promise<Manifest> {
  return parseManifest(descriptor.mediaType, await readDocument(reader, repository, descriptor));
}

async function readDocument(
  reader: RegistryReader,
  repository: string,
  descriptor: Descriptor,
): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > MAX_DOCUMENT_BYTES)
    throw tooLarge(`${digest}: ${size} bytes, more than the limit of ${MAX_DOCUMENT_BYTES}`);
  return readAll(reader.read(repository, descriptor), MAX_DOCUMENT_BYTES);
}

async function platformOf(
  reader: RegistryReader,
  repository: string,
  { config }: ImageManifest,
): Promise<string> {
  if (!isImageConfigType(config.mediaType)) return '';
  const document = parseJsonObject(await readDocument(reader, repository, config), 'config');
  const platform = readPlatform(document);
  return platform ? platformText(platform) : '';
}

function platformText(platform: Platform): string {
  const text = formatPlatform(platform);
  return text === 'unknown/unknown' ? '' : text;
}
