import { oneChunk } from '../src/transfer/copy.js';
import type { Extent } from '../src/transfer/extent.js';
import type { Files } from '../src/transfer/files.js';

/** Files in memory; counts calls of `read`. */
export class CountingFiles implements Files {
  reads = 0;
  readonly #files: ReadonlyMap<string, { readonly body: Buffer; readonly offset: number }>;

  /** @param links link name to the name of its file. */
  constructor(
    files: Readonly<Record<string, Buffer>>,
    links: Readonly<Record<string, string>> = {},
  ) {
    const all = new Map(
      Object.entries(files).map(([name, body], offset) => [name, { body, offset }] as const),
    );
    for (const [name, target] of Object.entries(links)) {
      const file = all.get(target);
      if (file) all.set(name, file);
    }
    this.#files = all;
  }

  async size(path: string) {
    return this.#files.get(path)?.body.byteLength;
  }

  async *read(path: string, { start = 0, end }: { start?: number; end?: number } = {}) {
    this.reads++;
    yield* oneChunk(this.#files.get(path)?.body.subarray(start, end) ?? Buffer.alloc(0));
  }

  async locate(path: string): Promise<Extent | undefined> {
    const file = this.#files.get(path);
    if (!file) return undefined;
    const { offset, body } = file;
    return { offset, size: body.byteLength, member: path, pieces: [] };
  }

  async list() {
    return [];
  }

  async [Symbol.asyncDispose]() {
    // No resource to release.
  }
}
