// A custom source: an image in memory with one layer of text files. own-source.ts copies it.
import { createHash } from 'node:crypto';
import {
  canonicalReference,
  ImageError,
  parseDigest,
  resolveAmong,
  type Bytes,
  type Descriptor,
  type NamedDescriptor,
  type ReadOptions,
  type Source,
} from '@stowage/core';

export class MemorySource implements Source {
  readonly location = 'memory';
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #image: NamedDescriptor;

  constructor(reference: string, files: Readonly<Record<string, string>>) {
    const layer = this.#add('application/vnd.oci.image.layer.v1.tar', tarOf(files));
    const config = this.#addJson('application/vnd.oci.image.config.v1+json', {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    });
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = { schemaVersion: 2, mediaType, config, layers: [layer] };
    const descriptor = this.#addJson(mediaType, manifest);
    this.#image = { descriptor, reference: canonicalReference(reference) };
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield this.#image;
  }

  resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, [this.#image], reference);
  }

  has({ digest }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#blobs.has(digest));
  }

  async *read({ digest }: Descriptor, { start, end }: ReadOptions = {}): Bytes {
    const bytes = this.#blobs.get(digest);
    if (!bytes) throw new ImageError('NOT_FOUND', `${this.location}: ${digest} does not exist`);
    yield bytes.subarray(start, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing to close.
  }

  #addJson(mediaType: string, document: object): Descriptor {
    return this.#add(mediaType, Buffer.from(JSON.stringify(document)));
  }

  #add(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    this.#blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  }
}

/** A tar (ustar) of small files; use a library for anything else. */
function tarOf(files: Readonly<Record<string, string>>): Uint8Array {
  const parts = Object.entries(files).map(([name, text]) => {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0' + '0000000\0'.repeat(2), 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124);
    header.write('        0', 148);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...parts.flat(), Buffer.alloc(1024)]);
}
