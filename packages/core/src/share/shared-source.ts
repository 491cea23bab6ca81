import type { ImageRecord } from '../catalog/record.js';
import type { ShareRepository } from '../definition/share-settings.js';
import type { Repository } from '../distribution/repository.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Surroundings } from '../surroundings.js';
import { resolveAmong } from '../transfer/resolve.js';
import type { Bytes, CallOptions, ReadOptions, Source } from '../transfer/store.js';
import { openShare, shareName } from './open-share.js';

/** Where an image of the share is read from. */
export interface SharedPlace {
  /** Repositories that may have it, in the order to ask them. */
  readonly repositories: readonly ShareRepository[];
  readonly surroundings: Surroundings;
}

/** One image of the share, by the digest in its record. No request is sent before the first need. */
export class SharedSource implements Source {
  readonly location: string;
  readonly #record: Pick<ImageRecord, 'reference' | 'digest'>;
  readonly #place: SharedPlace;
  #opened:
    | Promise<{ readonly repository: Repository; readonly image: NamedDescriptor }>
    | undefined;

  constructor(record: Pick<ImageRecord, 'reference' | 'digest'>, place: SharedPlace) {
    this.#record = record;
    this.#place = place;
    this.location = place.repositories.map((each) => `docker://${shareName(each)}`).join(', ');
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield (await this.#open()).image;
  }

  /** @throws ImageError NOT_FOUND (no repository has it); errors of the registry */
  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, [(await this.#open()).image], reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return (await this.#open()).repository.has(descriptor);
  }

  async *read(descriptor: Descriptor, options?: ReadOptions): Bytes {
    yield* (await this.#open()).repository.read(descriptor, options);
  }

  async *referrers(descriptor: Descriptor, options?: CallOptions): AsyncIterable<Descriptor> {
    yield* (await this.#open()).repository.referrers(descriptor, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.repository[Symbol.asyncDispose]();
  }

  #open() {
    return (this.#opened ??= this.#find());
  }

  async #find() {
    const { digest, reference } = this.#record;
    for (const each of this.#place.repositories) {
      const repository = await openShare(each, 'moving', this.#place.surroundings);
      try {
        const descriptor = await repository.find(digest);
        if (descriptor) return { repository, image: { descriptor, reference } };
      } catch (error) {
        await repository[Symbol.asyncDispose]();
        throw error;
      }
      await repository[Symbol.asyncDispose]();
    }
    throw new ImageError('NOT_FOUND', `${this.location}: no image ${reference} (${digest})`, {
      location: this.location,
      hint: 'It may have been pruned there; build it again.',
    });
  }
}
