import type { ImageRecord } from '../catalog/record.js';
import type { ShareRepository } from '../definition/settings/share-settings.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import { CachedSource } from '../store/cached-source.js';
import type { Surroundings } from '../surroundings.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type {
  Bytes,
  FindReferrersOptions,
  PrepareOptions,
  ReadOptions,
  Source,
} from '../transfer/store.js';
import { openShare, shareName } from './open-share.js';

/** Where an image of the share is read from. */
export interface SharedPlace {
  /** Repositories that may have it, in the order to ask them. */
  readonly repositories: readonly ShareRepository[];
  readonly surroundings: Surroundings;
  /** Folder of the cache to read through; none when omitted. */
  readonly cache?: string | undefined;
  /** Parsing limits for manifests; defaults when omitted. */
  readonly limits?: Limits | undefined;
}

/** One image of the share, by the digest in its record. No request is sent before the first need. */
export class SharedSource implements Source {
  readonly location: string;
  readonly limits: Limits | undefined;
  readonly #record: Pick<ImageRecord, 'reference' | 'digest'>;
  readonly #place: SharedPlace;
  #opened: Promise<{ readonly source: Source; readonly image: NamedDescriptor }> | undefined;

  constructor(record: Pick<ImageRecord, 'reference' | 'digest'>, place: SharedPlace) {
    this.#record = record;
    this.#place = place;
    this.limits = place.limits;
    const names = place.repositories.map((each) => `docker://${shareName(each)}`);
    // With mode off, no repository is asked.
    this.location = names.length > 0 ? names.join(', ') : 'the share';
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield (await this.#open()).image;
  }

  /** @throws ImageError NOT_FOUND (no repository has it); errors of the registry */
  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, [(await this.#open()).image], reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return (await this.#open()).source.has(descriptor);
  }

  async *read(descriptor: Descriptor, options?: ReadOptions): Bytes {
    yield* (await this.#open()).source.read(descriptor, options);
  }

  async prepare(descriptors: readonly Descriptor[], options?: PrepareOptions): Promise<void> {
    await (await this.#open()).source.prepare?.(descriptors, options);
  }

  async discard(descriptor: Descriptor): Promise<void> {
    await (await this.#open()).source.discard?.(descriptor);
  }

  async *referrers(
    descriptor: Descriptor,
    options?: FindReferrersOptions,
  ): AsyncIterable<Descriptor> {
    yield* (await this.#open()).source.referrers?.(descriptor, options) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.source[Symbol.asyncDispose]();
  }

  #open() {
    return (this.#opened ??= this.#find());
  }

  async #find() {
    const { digest, reference } = this.#record;
    let failure: ImageError | undefined;
    for (const each of this.#place.repositories) {
      const source = await this.#openOne(each);
      try {
        const { descriptor } = await source.resolve(digest);
        return { source, image: { descriptor, reference } };
      } catch (error) {
        await source[Symbol.asyncDispose]();
        // Another repository may have it.
        if (!(error instanceof ImageError)) throw error;
        if (error.code !== 'NOT_FOUND') failure ??= error;
      }
    }
    throw (
      failure ??
      new ImageError('NOT_FOUND', `${this.location}: no image ${reference} (${digest})`, {
        location: this.location,
        hint: 'It may have been pruned there; build it again.',
      })
    );
  }

  async #openOne(share: ShareRepository): Promise<Source> {
    const { surroundings, cache, limits } = this.#place;
    const open = (): Promise<Source> => openShare(share, 'moving', surroundings);
    if (cache === undefined) return await open();
    const location = `docker://${shareName(share)}`;
    return new CachedSource(cache, { location, limits, open });
  }
}
