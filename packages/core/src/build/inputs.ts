import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Definition } from '../definition/definition.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions } from '../transfer/store.js';
import { selectFiles, type ContextFile } from './context.js';

/** Changes whenever the makers would give other bytes for the same inputs. */
const MAKER_VERSION = 1;
const CHUNK = 512 * 1024;

export interface Inputs extends CallOptions {
  readonly definition: Definition;
  readonly context: string;
  readonly files: readonly ContextFile[];
  readonly base: Digest | undefined;
  readonly epoch: number;
  readonly platform: Platform;
}

/** Names all that an image is made from: two builds with equal hashes make the same image. */
export async function hashInputs({
  definition,
  context,
  files,
  base,
  epoch,
  platform,
  signal,
}: Inputs): Promise<string> {
  const used =
    definition.dockerfile === undefined
      ? definition.copy.flatMap(({ from }) => selectFiles(files, from, context))
      : files;
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify({
      version: MAKER_VERSION,
      definition: { ...definition, facts: undefined },
      base,
      epoch,
      platform,
    }),
  );
  for (const { path, absolute, type, mode, link } of used) {
    hash.update(
      JSON.stringify({
        path,
        type,
        mode,
        link,
        content: type === 'file' ? await hashFile(absolute, signal) : undefined,
      }),
    );
  }
  return hash.digest('hex');
}

async function hashFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}
