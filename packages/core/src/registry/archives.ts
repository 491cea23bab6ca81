import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { referrerOf, parseManifest } from '../oci/manifest.js';
import { parseReference } from '../oci/reference.js';
import {
  isSelected,
  pageOf,
  type RegistryReader,
  type Page,
  type ReferrersOptions,
  type RepositorySpace,
} from './hosted.js';
import { forEachReadable } from '../transfer/each-readable.js';
import { referrerGraphsOf } from '../transfer/graph/referrers.js';
import { withDistinctNames } from '../transfer/graph/resolve.js';
import type { Bytes, CallOptions, ReadOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import type { Graph } from '../transfer/graph/graph.js';
import { option, verb, wording } from '../wording.js';

interface ServedContent {
  readonly descriptor: Descriptor;
  readonly source: Source;
  readonly isManifest: boolean;
  /** The digest of a manifest's subject. */
  readonly subject?: Digest | undefined;
}

interface Repository {
  readonly tags: Map<string, Digest>;
  readonly content: Map<Digest, ServedContent>;
}

/** An archive or layout to serve. */
export interface ServedSource {
  readonly source: Source;
  /** The image to serve; every image when omitted. */
  readonly reference?: string | undefined;
  /** Name for images that have none. */
  readonly name?: string | undefined;
}

export interface ServedOptions extends CallOptions {
  /** Called with a message about each image that is left out because it is malformed. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** Serves the images of archives and layouts as read-only repositories: nothing is unpacked, layers are read in place. */
export class RegistryArchives implements RegistryReader {
  readonly location: string;
  readonly #served: readonly ServedSource[];
  readonly #repositories = new Map<string, Repository>();

  private constructor(served: readonly ServedSource[]) {
    this.location = served.map(({ source }) => source.location).join(', ');
    this.#served = served;
  }

  /**
   * Reads the manifests and configs of all images. Takes ownership of the sources.
   *
   * @throws ImageError USAGE (no image has a name, or two images have the same name), CORRUPT, INVALID, INCOMPLETE
   */
  static async open(
    served: readonly ServedSource[],
    options: ServedOptions = {},
  ): Promise<RegistryArchives> {
    const archives = new RegistryArchives(served);
    for (const each of served) await archives.#add(each, options);
    return archives;
  }

  async repositories(page?: Page): Promise<readonly string[]> {
    return pageOf([...this.#repositories.keys()], page);
  }

  async tags(repository: string, page?: Page): Promise<readonly string[] | undefined> {
    const found = this.#repositories.get(repository);
    return found && pageOf([...found.tags.keys()], page);
  }

  async manifest(repository: string, reference: string): Promise<Descriptor | undefined> {
    const found = this.#repositories.get(repository);
    const digest = isDigest(reference) ? reference : found?.tags.get(reference);
    const held = digest && found?.content.get(digest);
    return held?.isManifest ? held.descriptor : undefined;
  }

  async blob(repository: string, digest: Digest): Promise<Descriptor | undefined> {
    const held = this.#repositories.get(repository)?.content.get(digest);
    return held && { ...held.descriptor, mediaType: 'application/octet-stream' };
  }

  async *read(repository: string, descriptor: Descriptor, options?: ReadOptions): Bytes {
    const held = this.#repositories.get(repository)?.content.get(descriptor.digest);
    if (!held) throw new ImageError('NOT_FOUND', `no ${descriptor.digest} in ${repository}`);
    yield* held.source.read(held.descriptor, options);
  }

  async space(repository: string, most: number): Promise<RepositorySpace | undefined> {
    const held = [...(this.#repositories.get(repository)?.content.values() ?? [])];
    const bytes = held.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    return held.length > most ? undefined : { bytes, blobs: held.length };
  }

  async *referrers(
    repository: string,
    digest: Digest,
    options: ReferrersOptions = {},
  ): AsyncIterable<Descriptor> {
    const content = this.#repositories.get(repository)?.content.values() ?? [];
    const found = [...content]
      .filter(({ subject }) => subject === digest)
      .sort((one, other) => (one.descriptor.digest < other.descriptor.digest ? -1 : 1));
    for (const { source, descriptor } of found) {
      if (options.after !== undefined && descriptor.digest <= options.after) continue;
      const bytes = await readContent(source, descriptor);
      const manifest = parseManifest(descriptor.mediaType, bytes, source.limits);
      const shown = referrerOf(descriptor, manifest, bytes);
      if (isSelected(shown, options)) yield shown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { source } of this.#served) await source[Symbol.asyncDispose]();
  }

  async #add(
    { source, reference, name: fallback }: ServedSource,
    options: ServedOptions,
  ): Promise<void> {
    const images: NamedDescriptor[] = [];
    const { onNotice } = options;
    if (reference !== undefined) images.push(await source.resolve(reference, options));
    else for await (const image of source.list(options)) images.push(image);
    const graphs = new Map<Graph, string>();
    const add = async (image: NamedDescriptor): Promise<void> => {
      const name = image.reference ?? fallback;
      // Referrers without a name are added with their subject, below.
      if (name === undefined) return;
      const graph = await walk(source, image.descriptor, options);
      const repository = this.#addTag(name, graph.root, source);
      graphs.set(graph, repository);
      for (const each of await referrerGraphsOf(source, [graph], options))
        graphs.set(each, repository);
    };
    await forEachReadable(await withDistinctNames(source, images), add, (error, image) =>
      onNotice?.(`${image.reference ?? image.descriptor.digest}: left out: ${error.message}`),
    );
    if (graphs.size === 0)
      throw new ImageError('USAGE', `${source.location}: no image has a name`, {
        location: source.location,
        hint: wording`A registry serves images by name. To add a name: ${verb('copyImages', option('as', 'NAME'))}.`,
      });
    for (const [graph, repository] of graphs) this.#addContent(graph, repository, source);
  }

  /** Records a tag. @returns its repository, without the registry and without docker.io's `library/` */
  #addTag(name: string, root: Descriptor, source: Source): string {
    const { registry, repository, tag } = parseReference(name);
    const own = registry === 'docker.io' ? repository.replace(/^library\//, '') : repository;
    const { tags, content } = this.#repositories.get(own) ?? {
      tags: new Map<string, Digest>(),
      content: new Map<Digest, ServedContent>(),
    };
    this.#repositories.set(own, { tags, content });
    const known = tag === undefined ? undefined : tags.get(tag);
    if (known !== undefined && known !== root.digest)
      throw new ImageError(
        'USAGE',
        `${source.location}: ${own}:${tag} is the name of two images: ${known} and ${root.digest}`,
        { location: source.location },
      );
    if (tag !== undefined) tags.set(tag, root.digest);
    return own;
  }

  #addContent(graph: Graph, repository: string, source: Source): void {
    const content = this.#repositories.get(repository)?.content;
    for (const descriptor of graph.nodes) {
      const manifest = graph.documents.get(descriptor.digest)?.manifest;
      const subject = manifest?.subject?.digest;
      content?.set(descriptor.digest, { descriptor, source, isManifest: !!manifest, subject });
    }
  }
}
