import { ImageError, isMalformed, shortList } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { ATTESTS } from '../oci/manifest.js';
import { platformDistance } from '../oci/match-platform.js';
import { formatPlatform, type Platform, type PlatformChoice } from '../oci/platform.js';
import { isLocated, type LocatedSource } from '../transfer/extent.js';
import { imagesOf, type Graph } from '../transfer/graph/graph.js';
import { attachmentOf } from '../transfer/graph/referrers.js';
import type { CallOptions, Open, Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';
import { convertImage } from './convert-image.js';
import { rangeOf } from './converted-source.js';
import { wantedImages } from './wanted-images.js';

/** Options of {@link withPlatforms}. */
export interface WithPlatformsOptions {
  readonly platforms?: PlatformChoice | undefined;
  /** Called with a notice about attestations and referrers that are left out. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/**
 * The images of a source, each with the chosen platforms only. Of one platform that is the image itself; of several it is
 * their index with only these images and their attestations: its other fields stay. `index` names the index that it was.
 * Referrers of what is left out are not listed. Disposing of it disposes of `source`.
 *
 * @throws ImageError of `list` and `resolve`: NOT_FOUND (a platform; the message names those that are there), AMBIGUOUS
 */
export function withPlatforms(
  source: Source,
  { platforms = 'all', onNotice }: WithPlatformsOptions,
): Source {
  if (platforms === 'all' || platforms.length === 0) return source;
  const choices = new Choices(source, platforms, onNotice);
  const { content } = choices;
  const chosen: Source = {
    location: source.location,
    limits: source.limits,
    malformed: source.malformed,
    list: (options) => choices.list(options),
    resolve: async (reference, options) =>
      choices.find(reference) ?? choices.of(await source.resolve(reference, options), options),
    has: async (descriptor, options) =>
      content.has(descriptor.digest) || source.has(descriptor, options),
    read: (descriptor, options) => {
      const open = content.get(descriptor.digest);
      return open ? rangeOf(open(), options) : source.read(descriptor, options);
    },
    ...(source.prepare ? { prepare: source.prepare.bind(source) } : {}),
    ...(source.discard ? { discard: source.discard.bind(source) } : {}),
    ...(source.referrers ? { referrers: source.referrers.bind(source) } : {}),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
  if (!isLocated(source)) return chosen;
  const located: LocatedSource = {
    ...chosen,
    locate: async (descriptor) =>
      content.has(descriptor.digest) ? undefined : source.locate(descriptor),
    members: () => source.members(),
  };
  return located;
}

/** The images of a source as they were chosen, each once. */
class Choices {
  /** The indexes that were written anew. */
  readonly content = new Map<Digest, Open>();
  readonly #source: Source;
  readonly #platforms: readonly Platform[];
  readonly #onNotice: (text: string) => void;
  /** The first name of each, by digest of the image that it was. */
  readonly #chosen = new Map<Digest, NamedDescriptor>();
  /** Digests of the manifests that are left out. */
  readonly #leftOut = new Set<string>();

  constructor(
    source: Source,
    platforms: readonly Platform[],
    onNotice: ((text: string) => void) | undefined,
  ) {
    this.#source = source;
    this.#platforms = platforms;
    const said = new Set<string>();
    this.#onNotice = (text) => {
      if (!said.has(text)) onNotice?.(text);
      said.add(text);
    };
  }

  async *list(options?: CallOptions): AsyncIterable<NamedDescriptor> {
    const images: NamedDescriptor[] = [];
    for await (const image of this.#source.list(options)) images.push(image);
    const subjects = new Map<NamedDescriptor, Digest>();
    if (images.length > 1)
      for (const image of images) {
        const attached = await attachmentOf(this.#source, image, options);
        if (attached) subjects.set(image, attached.subject);
      }
    const chosen = new Map<NamedDescriptor, NamedDescriptor>();
    for (const image of images)
      if (!subjects.has(image)) chosen.set(image, await this.of(image, options));
    for (const image of images) {
      const subject = subjects.get(image);
      if (subject === undefined || !this.#leftOut.has(subject)) yield chosen.get(image) ?? image;
      else
        this.#onNotice(
          `${image.descriptor.digest}: left out: it refers to ${subject}, which is not taken`,
        );
    }
  }

  /** An image that was taken out of its index already, by its digest. */
  find(reference: string | undefined): NamedDescriptor | undefined {
    return [...this.#chosen.values()].find(
      ({ descriptor, index }) => index !== undefined && descriptor.digest === reference,
    );
  }

  async of(image: NamedDescriptor, options?: CallOptions): Promise<NamedDescriptor> {
    const { digest } = image.descriptor;
    const known = this.#chosen.get(digest);
    const descriptor = known?.descriptor ?? (await this.#choose(image, options));
    const chosen = descriptor.digest === digest ? image : { ...image, descriptor, index: digest };
    if (!known) this.#chosen.set(digest, chosen);
    return chosen;
  }

  async #choose(image: NamedDescriptor, { signal }: CallOptions = {}): Promise<Descriptor> {
    const { descriptor } = image;
    const graph = await this.#graphOf(descriptor, { signal });
    const index = graph?.documents.get(descriptor.digest)?.manifest;
    if (graph && index?.kind !== 'index') this.#requireAll(imagesOf(graph));
    if (!graph || index?.kind !== 'index') return descriptor;
    const wanted = await wantedImages(this.#source.location, graph, this.#platforms);
    const absent = [...(wanted?.values() ?? [])].find(
      ({ digest }) => !graph.documents.get(digest)?.manifest,
    );
    if (absent) throw this.#notThere(absent.platform, imagesOf(graph));
    const {
      to,
      content,
      source: converted,
    } = await convertImage(this.#source, image, {
      // Nothing but the platforms: options of the caller may be about another conversion.
      signal,
      platforms: this.#platforms,
      onNotice: this.#onNotice,
    });
    for (const [digest, open] of content) this.content.set(digest, open);
    if (to.digest === descriptor.digest) return to;
    const kept = await walk(converted, to, { signal, missing: 'report' });
    for (const digest of graph.documents.keys())
      if (!kept.documents.has(digest)) this.#leftOut.add(digest);
    for (const { digest, annotations } of index.manifests)
      if (annotations?.[ATTESTS] === to.digest)
        this.#onNotice(
          `${digest}: left out: an attestation of ${to.digest}, taken out of its index`,
        );
    return to;
  }

  /** Undefined for a malformed image, which is not chosen: its user reports it. */
  async #graphOf(root: Descriptor, options?: CallOptions): Promise<Graph | undefined> {
    try {
      return await walk(this.#source, root, { ...options, missing: 'report' });
    } catch (error) {
      if (isMalformed(error)) return undefined;
      throw error;
    }
  }

  /** Checks that an image that is no index is of all platforms; an artifact is of any. @throws ImageError NOT_FOUND */
  #requireAll(images: ReturnType<typeof imagesOf>): void {
    const [image] = images;
    const other =
      image &&
      this.#platforms.find((each) => platformDistance(image.config.platform, each) === undefined);
    if (other) throw this.#notThere(other, images);
  }

  #notThere(platform: Platform | undefined, images: ReturnType<typeof imagesOf>): ImageError {
    const { location } = this.#source;
    const there = images.map(({ config }) => formatPlatform(config.platform));
    const wanted = platform ? `no image for ${formatPlatform(platform)}` : 'no such image';
    return new ImageError(
      'NOT_FOUND',
      `${location}: ${wanted}, only for ${shortList(there) || 'no platform'}`,
      { location },
    );
  }
}
