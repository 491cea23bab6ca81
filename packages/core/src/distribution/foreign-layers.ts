import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isForeignLayerType } from '../oci/media-types.js';
import { isLocated, type LocatedSource } from '../transfer/extent.js';
import type { Bytes, ReadOptions, Source } from '../transfer/store.js';
import { download } from './download.js';
import { isLoopback } from './host.js';
import { RegistryClient, type RegistryOptions } from './transport/client.js';
import { httpUrl, printableUrl } from './given-url.js';

/** Options for connecting to the publishers of foreign layers. */
export type PublisherOptions = Pick<
  RegistryOptions,
  'plainHttp' | 'timeout' | 'retries' | 'caFile' | 'surroundings'
>;

/**
 * A source with all its foreign layers: those that `source` does not deliver are fetched from the `urls` of their
 * descriptors, over https (http only with `plainHttp` or on this machine). No host gets credentials, whatever it asks for,
 * and the content is not trusted: it has to have the digest. Disposing it disposes of `source`.
 */
export function withForeignLayers(source: Source, options: PublisherOptions): Source {
  const publishers = new Publishers(options);
  const all: Source = {
    location: source.location,
    limits: source.limits,
    malformed: source.malformed,
    lends: source.lends,
    list: (call) => source.list(call),
    resolve: (reference, call) => source.resolve(reference, call),
    has: async (descriptor, call) =>
      isForeignLayerType(descriptor.mediaType) || source.has(descriptor, call),
    read: (descriptor, call) =>
      isForeignLayerType(descriptor.mediaType)
        ? readForeign(source, publishers, descriptor, call)
        : source.read(descriptor, call),
    ...(source.prepare ? { prepare: source.prepare.bind(source) } : {}),
    ...(source.discard ? { discard: source.discard.bind(source) } : {}),
    ...(source.referrers ? { referrers: source.referrers.bind(source) } : {}),
    [Symbol.asyncDispose]: async () => {
      await publishers[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
  if (!isLocated(source)) return all;
  const located: LocatedSource = {
    ...all,
    locate: (descriptor) => source.locate(descriptor),
    members: () => source.members(),
  };
  return located;
}

/**
 * Reads a foreign layer from the first place that has it.
 *
 * @throws ImageError NOT_FOUND (no URL); that of `source` if it fails otherwise than by lacking the layer, else that of the
 *   last URL
 */
async function* readForeign(
  source: Source,
  publishers: Publishers,
  descriptor: Descriptor,
  options?: ReadOptions,
): Bytes {
  const { location } = source;
  const what = `${location}: foreign layer ${descriptor.digest}`;
  let own: ImageError | undefined;
  let last = new ImageError('NOT_FOUND', `${what}: no URL to fetch it from`, {
    location,
  });
  const places = [
    () => source.read(descriptor, options),
    ...(descriptor.urls ?? []).map((url) => () => publishers.read(url, descriptor, options)),
  ];
  for (const [at, open] of places.entries()) {
    const chunks = open()[Symbol.asyncIterator]();
    let chunk: IteratorResult<Uint8Array>;
    try {
      chunk = await chunks.next();
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      if (at === 0) own = error.code === 'NOT_FOUND' ? undefined : error;
      else
        last = new ImageError(error.code, `${what}: ${error.message}`, { location, cause: error });
      continue;
    }
    try {
      for (; chunk.done !== true; chunk = await chunks.next()) yield chunk.value;
      return;
    } finally {
      await chunks.return?.();
    }
  }
  throw own ?? last;
}

/** Connections to the hosts of `urls`, one client for each. */
class Publishers implements AsyncDisposable {
  readonly #options: PublisherOptions;
  readonly #clients = new Map<string, Promise<RegistryClient>>();

  constructor({ plainHttp, timeout, retries, caFile, surroundings }: PublisherOptions) {
    this.#options = { plainHttp, timeout, retries, caFile, surroundings };
  }

  /** @throws ImageError UNAVAILABLE (not an accepted URL), errors of the host */
  async *read(text: string, descriptor: Descriptor, options?: ReadOptions): Bytes {
    const url = httpUrl(text);
    const isPlain = url?.protocol === 'http:';
    if (!url || (isPlain && !this.#options.plainHttp && !isLoopback(url.host)))
      throw new ImageError('UNAVAILABLE', `not a URL of https: ${printableUrl(text)}`, {
        hint: 'No request was sent to it.',
      });
    const client = await this.#clientFor(url, isPlain);
    yield* download(client, descriptor, { ...options, url: url.href, scope: '' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of await Promise.allSettled(this.#clients.values()))
      if (opening.status === 'fulfilled') await opening.value[Symbol.asyncDispose]();
  }

  #clientFor({ origin, host }: URL, plainHttp: boolean): Promise<RegistryClient> {
    const known = this.#clients.get(origin);
    if (known) return known;
    const credentials = async () => undefined;
    const opening = RegistryClient.open(host, { ...this.#options, plainHttp, credentials });
    this.#clients.set(origin, opening);
    return opening;
  }
}
