import { tooLarge } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { isObject, parseJsonObject, type JsonObject } from '../../oci/json.js';
import { parseManifest, type Manifest } from '../../oci/manifest.js';
import { readAll } from '../../transfer/verified.js';
import type { RegistryReader } from '../hosted.js';

/** Maximum size of one manifest or config, and of all of one page (bytes), and how many one page reads. */
const MAX_DOCUMENT_BYTES = 256 * 1024;
const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_PAGE_DOCUMENTS = 1000;

/** The manifests and configs of a repository for one page: each is read once, and no more than a page may cost. */
export class Documents {
  readonly reader: RegistryReader;
  readonly repository: string;
  readonly #read = new Map<Digest, Promise<Uint8Array>>();
  #bytes = 0;

  constructor(reader: RegistryReader, repository: string) {
    this.reader = reader;
    this.repository = repository;
  }

  /** @throws ImageError NOT_FOUND, CORRUPT, INVALID, TOO_LARGE (it, or all that the page reads) */
  async manifest(
    descriptor: Descriptor,
  ): Promise<{ readonly manifest: Manifest; readonly annotations: JsonObject }> {
    const bytes = await this.#bytesOf(descriptor);
    const { annotations } = parseJsonObject(bytes, 'manifest');
    return {
      manifest: parseManifest(descriptor.mediaType, bytes),
      annotations: isObject(annotations) ? annotations : {},
    };
  }

  /** @throws ImageError as for {@link manifest} */
  async config(descriptor: Descriptor): Promise<JsonObject> {
    return parseJsonObject(await this.#bytesOf(descriptor), 'config');
  }

  #bytesOf(descriptor: Descriptor): Promise<Uint8Array> {
    const { digest } = descriptor;
    const known = this.#read.get(digest);
    if (known) return known;
    const reading = this.#readNow(descriptor);
    this.#read.set(digest, reading);
    return reading;
  }

  async #readNow(descriptor: Descriptor): Promise<Uint8Array> {
    const { digest, size } = descriptor;
    if (size > MAX_DOCUMENT_BYTES)
      throw tooLarge(`${digest}: ${size} bytes, more than the limit of ${MAX_DOCUMENT_BYTES}`);
    this.#bytes += size;
    if (this.#bytes > MAX_PAGE_BYTES || this.#read.size >= MAX_PAGE_DOCUMENTS)
      throw tooLarge(`${digest}: a page reads at most ${MAX_PAGE_DOCUMENTS} documents`);
    return readAll(this.reader.read(this.repository, descriptor), MAX_DOCUMENT_BYTES);
  }
}
