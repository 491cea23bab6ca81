import { join } from 'node:path';
import { SCRATCH } from '../../definition/definition.js';
import { formatLock, LOCK_FILE, type BaseLock } from '../../definition/lock.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { ImageError } from '../../errors.js';
import { storeLocation } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import { isOutside, openAt } from './base.js';
import type { VerbOptions } from '../workspace/call.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { openEngine, type Workspace } from '../workspace/workspace.js';

/**
 * Looks up the digest of a definition's outside base and writes `image.lock.yaml`.
 *
 * @throws ImageError USAGE (the base is not an outside reference), NOT_FOUND
 */
export async function updateBase(
  workspace: Workspace,
  { definition: { base, name }, folder }: FoundDefinition,
  options: VerbOptions,
): Promise<BaseLock> {
  if (base === SCRATCH || !isOutside(base))
    throw new ImageError(
      'USAGE',
      `${name}: its base ${base} cannot be locked, as it is of this workspace`,
      {
        hint: 'Images of the workspace and archives need no lock: their content is hashed.',
      },
    );
  const lock = { base, digest: await currentDigest(workspace, base, options) };
  if (!options.dryRun)
    await writeAtomically(join(folder, LOCK_FILE), [Buffer.from(formatLock(lock))]);
  return lock;
}

async function currentDigest(
  workspace: Workspace,
  base: string,
  options: VerbOptions,
): Promise<Digest> {
  const { source } = await openAt(storeLocation(base), workspace, workspace.root);
  try {
    return (await source.resolve(base)).descriptor.digest;
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'NOT_FOUND') throw error;
  }
  await using engine = await openEngine(workspace, options);
  const image = await engine.inspect(base, options);
  if (!image)
    throw new ImageError('NOT_FOUND', `base ${base}: not in ${engine.location}`, {
      location: engine.location,
      hint: `Pull or load it first, for example docker pull ${base}.`,
    });
  return image.digests[0] ?? image.id;
}
