import { ImageError } from '../errors.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
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
import { ArchiveMembers } from './archive-members.js';

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
  static async open(
    location: string,
    files: Files,
    { limits, items, members: known }: DockerArchiveOptions = {},
  ): Promise<DockerArchive> {
    const images: NamedDescriptor[] = [];
    const content = new Map<Digest, Content>();
    const members = known ?? new ArchiveMembers(location, files, limits);
    for (const item of items ?? (await readItems(files, limits))) {
      const descriptor = await compose(members, item, content);
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

export interface DockerArchiveOptions {
  readonly limits?: Limits | undefined;
  /** Only these images of `manifest.json`; all of them when omitted. */
  readonly items?: readonly DockerItem[];
  /** What other images have read of the same files. */
  readonly members?: ArchiveMembers;
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
  members: ArchiveMembers,
  item: DockerItem,
  content: Map<Digest, Content>,
): Promise<Descriptor> {
  const { location } = members;
  const { descriptor: config, diffIds } = await members.config(item.config);
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
    const layer = await members.layer(path, diffId);
    content.set(layer.digest, path);
    layers.push(layer);
  }
  const manifest = formatManifest(config, layers);
  const root = describe(MediaType.manifest, manifest);
  content.set(config.digest, item.config).set(root.digest, manifest);
  return root;
}
