import { ImageError, tooLarge } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { parseJsonObject } from '../../oci/json.js';
import { parseManifest, type ImageManifest, type Manifest } from '../../oci/manifest.js';
import { isImageConfigType, isManifestType } from '../../oci/media-types.js';
import { formatPlatform, readPlatform, type Platform } from '../../oci/platform.js';
import type { RegistryReader } from '../hosted.js';
import { readAll } from '../../transfer/verified.js';

/** One image of a repository as a page shows it. */
export interface ImageFacts {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  /** What it takes, each blob once, in bytes. */
  readonly size: number;
  readonly platforms: readonly string[];
  /** Images of its own, and those within it. */
  readonly images: readonly { readonly platform: string; readonly manifest: ImageManifest }[];
}

/** How many images of an index are looked at. */
const MOST = 50;
/** A page reads many documents: a larger one (bytes) is shown as one that cannot be read. */
const LARGEST = 256 * 1024;

/** Undefined for an image that is not there, is damaged, or is too large for a page. */
export async function factsOf(
  hosted: RegistryReader,
  repository: string,
  reference: string,
): Promise<ImageFacts | undefined> {
  try {
    const descriptor = await hosted.manifest(repository, reference);
    if (!descriptor) return undefined;
    const manifest = await read(hosted, repository, descriptor);
    const images = await imagesIn(hosted, repository, manifest);
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

async function imagesIn(hosted: RegistryReader, repository: string, manifest: Manifest) {
  if (manifest.kind === 'image')
    return [{ platform: await platformOf(hosted, repository, manifest), manifest }];
  const images: { platform: string; manifest: ImageManifest }[] = [];
  for (const child of manifest.manifests
    .filter(({ mediaType }) => isManifestType(mediaType))
    .slice(0, MOST)) {
    const inner = await read(hosted, repository, child);
    if (inner.kind === 'image')
      images.push({ platform: child.platform ? shown(child.platform) : '', manifest: inner });
  }
  return images;
}

async function read(
  hosted: RegistryReader,
  repository: string,
  descriptor: Descriptor,
): Promise<Manifest> {
  return parseManifest(descriptor.mediaType, await readDocument(hosted, repository, descriptor));
}

async function readDocument(
  hosted: RegistryReader,
  repository: string,
  descriptor: Descriptor,
): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > LARGEST) throw tooLarge(`${digest}: expected at most ${LARGEST} bytes, got ${size}`);
  return readAll(hosted.read(repository, descriptor), LARGEST);
}

async function platformOf(
  hosted: RegistryReader,
  repository: string,
  { config }: ImageManifest,
): Promise<string> {
  if (!isImageConfigType(config.mediaType)) return '';
  const document = parseJsonObject(await readDocument(hosted, repository, config), 'config');
  const platform = readPlatform(document);
  return platform ? shown(platform) : '';
}

function shown(platform: Platform): string {
  const text = formatPlatform(platform);
  return text === 'unknown/unknown' ? '' : text;
}
