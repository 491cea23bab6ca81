import { createHash, hash as hashBytes, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Definition } from '../definition/definition.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions } from '../transfer/store.js';
import { selectUsedFiles } from './context/context.js';
import {
  isSmall,
  readContextFile,
  readSmallFile,
  SMALL_BYTES,
  type ContextFile,
} from './source-files/context-file.js';
import type { FileHashes } from './source-files/file-hashes.js';

/** Increase when a release of Stowage makes different bytes from the same inputs. */
const MAKER_VERSION = 5;

export interface Inputs extends CallOptions {
  readonly definition: Definition;
  readonly context: string;
  readonly files: readonly ContextFile[];
  /** The files of further contexts, by name. */
  readonly contexts?: ReadonlyMap<string, readonly ContextFile[]>;
  readonly base: Digest | undefined;
  readonly epoch: number;
  /** Network mode of build steps, from the definition or the settings. */
  readonly network: string | undefined;
  readonly platforms: readonly Platform[];
  /** Hashes of files that are known, so that only the others are read; without it, all are read. */
  readonly hashes?: FileHashes | undefined;
}

/** Characters after which a hash is updated. */
const BATCH_LENGTH = 64 * 1024;

/**
 * Hashes all inputs of an image (sha256, hex): builds without an engine and with equal hashes make the same image. It is
 * the same on all machines: no path of this machine, clock, owner or umask is in it.
 */
export async function hashInputs({
  definition,
  context,
  files,
  contexts = new Map(),
  base,
  epoch,
  network,
  platforms,
  hashes,
  signal,
}: Inputs): Promise<string> {
  signal?.throwIfAborted();
  const used = selectUsedFiles(definition, files, context);
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify({
      version: MAKER_VERSION,
      // These fields serve search, pruning and build order; they do not change the image.
      definition: {
        ...definition,
        facts: undefined,
        retention: undefined,
        after: undefined,
        owner: undefined,
      },
      base,
      epoch,
      network,
      platforms,
    }),
  );
  await addFiles(hash, used, { hashes, signal });
  for (const [name, further] of contexts) {
    hash.update(JSON.stringify({ context: name, files: further.length }));
    await addFiles(hash, further, { signal });
  }
  return hash.digest('hex');
}

/** Adds path, type, mode and content of each file. */
async function addFiles(
  hash: Hash,
  files: readonly ContextFile[],
  { hashes, signal }: Pick<Inputs, 'hashes' | 'signal'>,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(SMALL_BYTES);
  let batch = '';
  for (const file of files) {
    const { path, type, mode, link } = file;
    let content = type === 'file' ? hashes?.find(file) : undefined;
    if (type === 'file' && content === undefined) {
      content = isSmall(file) ? hashSmallFile(file, buffer) : await hashFile(file, signal);
      hashes?.add(file, content);
    }
    batch += JSON.stringify({ path, type, mode, link, content });
    if (batch.length < BATCH_LENGTH) continue;
    hash.update(batch);
    batch = '';
    // Small files are read synchronously: signals and timers get their turn here.
    await setImmediate();
    signal?.throwIfAborted();
  }
  hash.update(batch);
}

function hashSmallFile(file: ContextFile, buffer: Buffer): string {
  const content = buffer.subarray(0, file.size);
  readSmallFile(file, content);
  return hashBytes('sha256', content);
}

async function hashFile(file: ContextFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readContextFile(file)) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}
