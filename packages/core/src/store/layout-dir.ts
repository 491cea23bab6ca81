import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readRange } from '../disk/read-range.js';
import { ImageError, systemCode } from '../errors.js';
import { INDEX_FILE } from '../oci/layout.js';
import type { Files } from '../transfer/files.js';
import { LayoutSource } from '../transfer/layout-source.js';
import type { Bytes, ReadOptions, Source } from '../transfer/store.js';

/** Opens an OCI image layout folder. @throws ImageError NOT_FOUND, INVALID */
export async function openLayout(path: string): Promise<Source> {
  const files = new Folder(path);
  if ((await files.size(INDEX_FILE)) === undefined) {
    throw new ImageError(
      'INVALID',
      `${path}: expected an OCI image layout, got a folder without ${INDEX_FILE}`,
      {
        location: path,
        hint: 'Name an archive or a layout inside it.',
      },
    );
  }
  return LayoutSource.open(`oci:${path}`, files);
}

class Folder implements Files {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async size(path: string): Promise<number | undefined> {
    try {
      const found = await stat(join(this.#path, path));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async *read(path: string, { start = 0, end, signal }: ReadOptions = {}): Bytes {
    const size = await this.size(path);
    if (size === undefined)
      throw new ImageError('NOT_FOUND', `${this.#path}: expected ${path}, got no such file`, {
        location: this.#path,
      });
    await using file = await open(join(this.#path, path), 'r');
    for await (const chunk of readRange(file, start, Math.min(end ?? size, size))) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each read opens and closes its own file.
  }
}
