import { ImageError } from '../errors.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { isObject, parseJson } from '../oci/json.js';
import { namesFrom, type NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import { formatManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { canonicalReference } from '../oci/reference.js';
import { oneChunk } from '../transfer/copy.js';
import type { Extent, LocatedSource } from '../transfer/extent.js';
import type { Files } from '../transfer/files.js';
import { forEachReadable } from '../transfer/each-readable.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type { Bytes, MalformedImage, ReadOptions } from '../transfer/store.js';
import { readAll } from '../transfer/verified.js';
import { ArchiveMembers } from './archive-members.js';

export const DOCKER_MANIFEST = 'manifest.json';

/**
 * A tar written by `docker save`: `manifest.json` names a config and layer files. It contains no OCI manifests, so one
 * is composed for each image; its digest depends only on the config and the layers. Disposing it disposes of `files`.
 */
export class DockerArchive implements LocatedSource {
  readonly location: string;
  readonly limits: Limits | undefined;
  readonly lends = true;
  readonly malformed: readonly MalformedImage[];
  readonly #files: Files;
  readonly #images: readonly NamedDescriptor[];
  readonly #content: ReadonlyMap<Digest, Content>;

  private constructor(
    location: string,
    files: Files,
    images: readonly NamedDescriptor[],
    content: ReadonlyMap<Digest, Content>,
    { limits, malformed }: Pick<DockerArchive, 'limits' | 'malformed'>,
  ) {
    this.location = location;
    this.limits = limits;
    this.malformed = malformed;
    this.#files = files;
    this.#images = images;
    this.#content = content;
  }

  /** @throws ImageError INVALID and UNSUPPORTED (no image can be read), INCOMPLETE, TOO_LARGE */
  static async open(
    location: string,
    files: Files,
    { limits, items, members: known }: DockerArchiveOptions = {},
  ): Promise<DockerArchive> {
    const images: NamedDescriptor[] = [];
    const content = new Map<Digest, Content>();
    const members = known ?? new ArchiveMembers(location, files, limits);
    const malformed: MalformedImage[] = [];
    await forEachReadable(
      items ?? (await readItems(files, limits)),
      async (item) => {
        const descriptor = await composeManifest(members, item, content);
        for (const name of item.names) images.push({ descriptor, ...name });
      },
      (error, item) => malformed.push({ references: referencesOf(item), error }),
    );
    return new DockerArchive(location, files, images, content, { limits, malformed });
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield* this.#images;
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    const wanted =
      reference === undefined || isDigest(reference) ? reference : canonicalReference(reference);
    const malformed = this.malformed.find(({ references }) => references.includes(wanted ?? ''));
    if (malformed) throw malformed.error;
    return resolveAmong(this, this.#images, reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return this.#content.has(descriptor.digest);
  }

  async *read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const content = this.#content.get(descriptor.digest);
    if (content === undefined) {
      throw new ImageError('NOT_FOUND', `${this.location}: ${descriptor.digest} is missing`, {
        location: this.location,
      });
    }
    if (typeof content === 'string') yield* this.#files.read(content, options);
    else yield* oneChunk(content.subarray(options.start ?? 0, options.end));
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
  /** Images of `manifest.json` to open; all when omitted. */
  readonly items?: readonly DockerItem[];
  /** Configs and layers of the same files that were read already, to be shared with other images. */
  readonly members?: ArchiveMembers;
}

/** The path of a member, or the bytes of a composed manifest. */
type Content = string | Uint8Array;

/** An image of a `manifest.json`. */
export interface DockerItem {
  /** Paths of members. */
  readonly config: string;
  readonly layers: readonly string[];
  /** At least one; an image without a name has one empty entry. */
  readonly names: readonly Pick<NamedDescriptor, 'reference' | 'embedded'>[];
}

/** The names of an image, fully qualified. */
export function referencesOf({ names }: DockerItem): string[] {
  return names.flatMap(({ reference }) => reference ?? []);
}

/** Reads a tar's `manifest.json`. @throws ImageError INVALID, TOO_LARGE */
export async function readItems(files: Files, limits?: Limits): Promise<DockerItem[]> {
  return parseItems(await readAll(files.read(DOCKER_MANIFEST), limits?.manifestBytes), limits);
}

/** @throws ImageError INVALID, TOO_LARGE */
export function parseItems(bytes: Uint8Array, limits?: Limits): DockerItem[] {
  const list = parseJson(bytes, DOCKER_MANIFEST, limits);
  if (!Array.isArray(list))
    throw new ImageError('INVALID', `${DOCKER_MANIFEST}: not a list of images`);
  return list.map((each: unknown, at) => {
    const what = `${DOCKER_MANIFEST}[${at}]`;
    const { Config: config, Layers: layers, RepoTags: tags } = isObject(each) ? each : {};
    if (typeof config !== 'string') throw new ImageError('INVALID', `${what}.Config: not a path`);
    return {
      config: stripDotSlash(config),
      layers: parseStrings(layers, `${what}.Layers`).map(stripDotSlash),
      names: namesFrom(parseStrings(tags, `${what}.RepoTags`)),
    };
  });
}

function parseStrings(value: unknown, what: string): string[] {
  const list: unknown = value ?? [];
  if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list;
  throw new ImageError('INVALID', `${what}: not a list of texts`);
}

function stripDotSlash(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

async function composeManifest(
  members: ArchiveMembers,
  item: DockerItem,
  content: Map<Digest, Content>,
): Promise<Descriptor> {
  const { location } = members;
  const { descriptor: config, diffIds } = await members.config(item.config);
  if (diffIds.length !== item.layers.length) {
    throw new ImageError(
      'INVALID',
      `${location}: ${item.config}: it has ${diffIds.length} diff IDs, but the image has ${item.layers.length} layers`,
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
