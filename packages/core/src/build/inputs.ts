import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Definition } from '../definition/definition.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import { selectFiles, type ContextFile } from './context.js';

/** Changes whenever the makers would give other bytes for the same inputs. */
const MAKER_VERSION = 1;

export interface Inputs {
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
        content: type === 'file' ? await hashFile(absolute) : undefined,
      }),
    );
  }
  return hash.digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
