import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { inside } from '../disk/paths/inside.js';
import { readRange } from '../disk/read-range.js';
import { toSlashes } from '../disk/paths/slashed.js';
import { ImageError } from '../errors.js';
import { INDEX_FILE, type NamingOptions } from '../oci/layout.js';
import type { Extent } from '../transfer/extent.js';
import type { Files } from '../transfer/files.js';
import { LayoutSource } from '../transfer/layout-source.js';
import type { Bytes, ReadOptions, Source } from '../transfer/store.js';

/**
 * Opens an OCI image layout folder (OCI image spec 1.1, image-layout.md) for reading. @throws ImageError INVALID (no
 * layout)
 */
export async function openLayout(path: string, options?: NamingOptions): Promise<Source> {
  const files = new Folder(path);
  if ((await files.size(INDEX_FILE)) === undefined) {
    throw new ImageError(
      'INVALID',
      `${path}: not an OCI image layout: the folder has no ${INDEX_FILE}`,
      {
        location: path,
        hint: 'Give the path of an archive or a layout in this folder.',
      },
    );
  }
  return LayoutSource.open(`oci:${path}`, files, options);
}

class Folder implements Files {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async size(path: string): Promise<number | undefined> {
    const found = await statIfExists(inside(this.#path, path));
    return found?.isFile() ? found.size : undefined;
  }

  async *read(path: string, { start = 0, end, lend, signal }: ReadOptions = {}): Bytes {
    const size = await this.size(path);
    if (size === undefined)
      throw new ImageError('NOT_FOUND', `${this.#path}: ${path} is missing`, {
        location: this.#path,
      });
    await using file = await open(inside(this.#path, path), 'r');
    for await (const chunk of readRange(file, start, Math.min(end ?? size, size), { lend })) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  async locate(path: string): Promise<Extent | undefined> {
    const size = await this.size(path);
    const file = inside(this.#path, path);
    return size === undefined
      ? undefined
      : { offset: 0, size, member: path, pieces: [{ file, offset: 0, size }] };
  }

  async list(): Promise<readonly Extent[]> {
    const entries = await readdir(this.#path, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.#path, join(entry.parentPath, entry.name)));
    const found = await Promise.all(paths.sort().map((path) => this.locate(toSlashes(path))));
    return found.filter((extent) => extent !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each read opens and closes its own file.
  }
}
