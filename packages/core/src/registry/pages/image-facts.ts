import { ifReadable, type ErrorCode } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { JsonObject } from '../../oci/json.js';
import type { ImageManifest, Manifest } from '../../oci/manifest.js';
import { isImageConfigType, isManifestType } from '../../oci/media-types.js';
import { formatPlatform, readPlatform } from '../../oci/platform.js';
import type { Documents } from './documents.js';

/** An image or index of a repository with its manifests. */
export interface ReadImage {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  readonly annotations: JsonObject;
  /** The image itself, or the images of the index. */
  readonly images: readonly PlatformImage[];
}

/** The image for one platform. */
export interface PlatformImage {
  readonly descriptor: Descriptor;
  /** Empty when it has none. */
  readonly platform: string;
  /** Undefined when it is not here, or too large for a page. */
  readonly manifest: ImageManifest | undefined;
}

/** Facts about one image or index of a repository, for a page. */
export interface ImageFacts extends ReadImage {
  /** Size of the manifests, configs and layers that are known here, in bytes; each blob counts once. */
  readonly size: number;
  readonly platforms: readonly string[];
  /** When it was made, as its config or annotation says: ISO 8601. */
  readonly created: string | undefined;
  /** The config of the image, or of the first image of the index. */
  readonly config: JsonObject | undefined;
}

/** Maximum number of images read from an index. */
const MAX_INDEX_IMAGES = 50;
/** Maximum length of a time and of a platform, in characters. */
const MAX_TIME_LENGTH = 40;
const MAX_PLATFORM_LENGTH = 100;
const CREATED = 'org.opencontainers.image.created';

/** Codes for content that is not here, as a mirror has it, or that is too large for a page. */
const NOT_HERE: readonly ErrorCode[] = ['NOT_FOUND', 'TOO_LARGE'];

/** Reads the facts of an image; undefined if it does not exist, is damaged, or is too large for a page. */
export async function readImageFacts(
  documents: Documents,
  reference: string,
): Promise<ImageFacts | undefined> {
  return ifReadable(async () => {
    const read = await readManifests(documents, reference);
    const [first] = read?.images ?? [];
    if (!read) return undefined;
    const config = first?.manifest && (await readConfig(documents, first.manifest));
    const { images, descriptor, annotations } = read;
    const platforms =
      read.manifest.kind === 'image'
        ? [platformText(config)]
        : images.map(({ platform }) => platform);
    return {
      ...{ ...read, config, size: sizeOf(descriptor, images) },
      platforms: [...new Set(platforms.filter((each) => each !== ''))],
      created: timeOf(config?.['created']) ?? timeOf(annotations[CREATED]),
    };
  });
}

/** Reads the manifests of an image, without a config; undefined as for {@link readImageFacts}. */
export async function readImage(
  documents: Documents,
  reference: string,
): Promise<ReadImage | undefined> {
  return ifReadable(() => readManifests(documents, reference));
}

/** A time of an untrusted document as ISO 8601; undefined when it is none. */
export function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_TIME_LENGTH) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

async function readManifests(
  documents: Documents,
  reference: string,
): Promise<ReadImage | undefined> {
  const { reader, repository } = documents;
  const found = await reader.manifest(repository, reference);
  if (!found) return undefined;
  const { digest, mediaType, size } = found;
  const descriptor = { mediaType, digest, size };
  const { manifest, annotations } = await documents.manifest(descriptor);
  const images =
    manifest.kind === 'image'
      ? [{ descriptor, manifest, platform: '' }]
      : await imagesIn(documents, manifest.manifests);
  return { descriptor, manifest, annotations, images };
}

async function imagesIn(
  documents: Documents,
  manifests: readonly Descriptor[],
): Promise<PlatformImage[]> {
  const images: PlatformImage[] = [];
  const all = manifests.filter(({ mediaType }) => isManifestType(mediaType));
  for (const child of all.slice(0, MAX_INDEX_IMAGES)) {
    const inner = await ifReadable(() => documents.manifest(child), NOT_HERE);
    const manifest = inner?.manifest.kind === 'image' ? inner.manifest : undefined;
    images.push({ descriptor: child, manifest, platform: platformText(child.platform) });
  }
  return images;
}

async function readConfig(
  documents: Documents,
  { config }: ImageManifest,
): Promise<JsonObject | undefined> {
  if (!isImageConfigType(config.mediaType)) return undefined;
  return ifReadable(() => documents.config(config), NOT_HERE);
}

function sizeOf({ digest, size }: Descriptor, images: readonly PlatformImage[]): number {
  const blobs = new Map<string, number>([[digest, size]]);
  for (const { descriptor, manifest } of images) {
    if (!manifest) continue;
    for (const each of [descriptor, manifest.config, ...manifest.layers])
      blobs.set(each.digest, each.size);
  }
  return [...blobs.values()].reduce((sum, each) => sum + each, 0);
}

function platformText(value: unknown): string {
  const platform = readPlatform(value);
  const text = platform === undefined ? '' : formatPlatform(platform);
  return text === 'unknown/unknown' || text.length > MAX_PLATFORM_LENGTH ? '' : text;
}
