import { join } from 'node:path';
import { writeAtomically } from '../../disk/atomic-write.js';
import { readOwn } from '../../disk/own-file.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { isObject } from '../../oci/json.js';
import type { Workspace } from '../workspace/workspace.js';

/** Which image some inputs gave: `.stowage/builds/<hash of the inputs>`. Safe to lose: then it is built again. */
export interface Built {
  readonly digest: Digest;
  readonly configDigest?: Digest;
}

export async function readBuilt(workspace: Workspace, inputs: string): Promise<Built | undefined> {
  try {
    const bytes = await readOwn(pathOf(workspace, inputs));
    const value: unknown = bytes && JSON.parse(bytes.toString());
    if (!isObject(value) || !isDigest(value['digest'])) return undefined;
    const { digest, configDigest } = value;
    return { digest, ...(isDigest(configDigest) ? { configDigest } : {}) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writeBuilt(
  workspace: Workspace,
  inputs: string,
  { digest, configDigest }: Built,
): Promise<void> {
  await writeAtomically(pathOf(workspace, inputs), [
    Buffer.from(JSON.stringify({ digest, configDigest })),
  ]);
}

function pathOf({ place }: Workspace, inputs: string): string {
  return join(place.state, 'builds', inputs);
}
