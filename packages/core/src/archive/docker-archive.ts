import { createHash } from 'node:crypto';
import { detectCompression, MAGIC_BYTES } from '../compression/detect.js';
import { ImageError } from '../errors.js';
import { parseConfig } from '../oci/config.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import { digestOf, type Digest } from '../oci/digest.js';
import { isObject, parseJson } from '../oci/json.js';
import { namesFrom, type NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import { formatManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { only } from '../transfer/copy.js';
import type { Extent, LocatedSource } from '../transfer/extent.js';
import type { Files } from '../transfer/files.js';
import { resolveAmong } from '../transfer/resolve.js';
import type { Bytes, ReadOptions } from '../transfer/store.js';
import { readAll } from '../transfer/verified.js';

export const DOCKER_MANIFEST = 'manifest.json';

/**
 * A tar of `docker save`: `manifest.json` names a config and layer files; there are no OCI manifests,
 * so one is composed for each image. Its digest depends on nothing but the config and the layers.
 * Owns its files.
 */
export class DockerArchive implements LocatedSource {
  readonly location: string;
  readonly limits: Limits | undefined;
  readonly #files: Files;
  readonly #images: readonly NamedDescriptor[];
  readonly #content: ReadonlyMap<Digest, Content>;

  private constructor(
    location: string,
    files: Files,
    images: readonly NamedDescriptor[],
    content: ReadonlyMap<Digest, Content>,
    limits: Limits | undefined,
  ) {
    this.location = location;
    this.limits = limits;
    this.#files = files;
    this.#images = images;
    this.#content = content;
  }

  /** @throws ImageError INVALID, INCOMPLETE, TOO_LARGE */
  static async open(location: string, files: Files, limits?: Limits): Promise<DockerArchive> {
    const images: NamedDescriptor[] = [];
    const content = new Map<Digest, Content>();
    for (const item of await readItems(files, limits)) {
      const descriptor = await compose(location, files, item, content, limits);
      for (const name of item.names) images.push({ descriptor, ...name });
    }
    return new DockerArchive(location, files, images, content, limits);
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield* this.#images;
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, this.#images, reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return this.#content.has(descriptor.digest);
  }

  async *read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const content = this.#content.get(descriptor.digest);
    if (content === undefined) {
      throw new ImageError(
        'NOT_FOUND',
        `${this.location}: expected ${descriptor.digest}, got none`,
        { location: this.location },
      );
    }
    if (typeof content === 'string') yield* this.#files.read(content, options);
    else yield* only(content.subarray(options.start ?? 0, options.end));
  }

  async locate({ digest }: Descriptor): Promise<Extent | undefined> {
    const content = this.#content.get(digest);
    return typeof content === 'string' ? this.#files.locate(content) : undefined;
  }

  async members(): Promise<readonly Extent[]> {
    return this.#files.list();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }
}

/** A member's path, or bytes that are in no member. */
type Content = string | Uint8Array;

/** An image of a `manifest.json`. */
export interface DockerItem {
  /** Paths of members. */
  readonly config: string;
  readonly layers: readonly string[];
  /** One at least; an image without a name has one that says nothing. */
  readonly names: readonly Pick<NamedDescriptor, 'reference' | 'embedded'>[];
}

/** Reads a tar's `manifest.json`. @throws ImageError INVALID, TOO_LARGE */
export async function readItems(files: Files, limits?: Limits): Promise<DockerItem[]> {
  return parseItems(await readAll(files.read(DOCKER_MANIFEST), limits?.manifestBytes), limits);
}

/** @throws ImageError INVALID, TOO_LARGE */
export function parseItems(bytes: Uint8Array, limits?: Limits): DockerItem[] {
  const list = parseJson(bytes, DOCKER_MANIFEST, limits);
  if (!Array.isArray(list))
    throw new ImageError('INVALID', `${DOCKER_MANIFEST}: expected a list of images`);
  return list.map((each: unknown, at) => {
    const what = `${DOCKER_MANIFEST}[${at}]`;
    const { Config: config, Layers: layers, RepoTags: tags } = isObject(each) ? each : {};
    if (typeof config !== 'string')
      throw new ImageError('INVALID', `${what}.Config: expected a path`);
    return {
      config: cleaned(config),
      layers: strings(layers, `${what}.Layers`).map(cleaned),
      names: namesFrom(strings(tags, `${what}.RepoTags`)),
    };
  });
}

function strings(value: unknown, what: string): string[] {
  const list: unknown = value ?? [];
  if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list;
  throw new ImageError('INVALID', `${what}: expected a list of strings`);
}

function cleaned(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

async function compose(
  location: string,
  files: Files,
  item: DockerItem,
  content: Map<Digest, Content>,
  limits: Limits | undefined,
): Promise<Descriptor> {
  await memberSize(location, files, item.config);
  const configBytes = await readAll(files.read(item.config), limits?.manifestBytes);
  checkConfigName(location, item.config, configBytes);
  const { diffIds } = parseConfig(configBytes, limits);
  if (diffIds.length !== item.layers.length) {
    throw new ImageError(
      'INVALID',
      `${location}: ${item.config}: expected ${diffIds.length} layers, got ${item.layers.length}`,
      { location },
    );
  }
  const layers: Descriptor[] = [];
  for (const [at, diffId] of diffIds.entries()) {
    const path = item.layers[at] ?? '';
    const layer = await describeLayer(files, path, diffId, await memberSize(location, files, path));
    content.set(layer.digest, path);
    layers.push(layer);
  }
  const config = describe(MediaType.config, configBytes);
  const manifest = formatManifest(config, layers);
  const root = describe(MediaType.manifest, manifest);
  content.set(config.digest, item.config).set(root.digest, manifest);
  return root;
}

/** Every writer names the config by its digest; that is all there is to verify it by. */
function checkConfigName(location: string, path: string, bytes: Uint8Array): void {
  const named = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  const actual = digestOf(bytes);
  if (named === undefined || actual === `sha256:${named}`) return;
  throw new ImageError(
    'CORRUPT',
    `${location}: ${path}: expected content of that digest, got ${actual}`,
    {
      location,
      hint: 'The content was damaged after it was written; fetch or build it again.',
    },
  );
}

/** A plain layer's digest is its diff ID; a compressed one has to be hashed. */
async function describeLayer(
  files: Files,
  path: string,
  diffId: Digest,
  size: number,
): Promise<Descriptor> {
  const compression = detectCompression(await readAll(files.read(path, { end: MAGIC_BYTES })));
  if (compression === 'none') return { mediaType: MediaType.layer, digest: diffId, size };
  if (compression !== 'gzip' && compression !== 'zstd')
    throw new ImageError(
      'UNSUPPORTED',
      `${path}: expected a plain, gzip or zstd layer, got ${compression}`,
    );
  const mediaType = compression === 'gzip' ? MediaType.layerGzip : MediaType.layerZstd;
  // Whoever reads the layer verifies what its name says.
  const named = /^(?:.*\/)?([0-9a-f]{64})(?:\.tar\.gz)?$/.exec(path)?.[1];
  return { mediaType, digest: `sha256:${named ?? (await hashOf(files, path))}`, size };
}

async function hashOf(files: Files, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of files.read(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function memberSize(location: string, files: Files, path: string): Promise<number> {
  const size = await files.size(path);
  if (size === undefined) {
    throw new ImageError('INCOMPLETE', `${location}: expected ${path}, got no such member`, {
      location,
      hint: 'It was saved without all of its content; save or fetch it again.',
    });
  }
  return size;
}
