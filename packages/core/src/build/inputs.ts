import { createHash } from 'node:crypto';
import type { Definition } from '../definition/definition.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions } from '../transfer/store.js';
import { readContextFile, selectUsedFiles, type ContextFile } from './context.js';

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
}

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
  signal,
}: Inputs): Promise<string> {
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
  for (const file of used) hash.update(await describeFile(file, signal));
  for (const [name, further] of contexts) {
    hash.update(JSON.stringify({ context: name, files: further.length }));
    for (const file of further) hash.update(await describeFile(file, signal));
  }
  return hash.digest('hex');
}

async function describeFile(file: ContextFile, signal: AbortSignal | undefined): Promise<string> {
  const { path, type, mode, link } = file;
  const content = type === 'file' ? await hashFile(file, signal) : undefined;
  return JSON.stringify({ path, type, mode, link, content });
}

async function hashFile(file: ContextFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readContextFile(file)) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}
