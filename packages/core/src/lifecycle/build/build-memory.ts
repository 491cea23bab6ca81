import { join } from 'node:path';
import { writeAtomically } from '../../disk/atomic-write.js';
import { readOwn } from '../../disk/paths/own-file.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { isObject } from '../../oci/json.js';
import type { Workspace } from '../workspace/workspace.js';

/** The image built from some inputs, in `.stowage/builds/<hash of the inputs>`. If the file is lost, the image is rebuilt. */
export interface BuiltImage {
  readonly digest: Digest;
  readonly configDigest?: Digest;
}

/** Reads the image built from these inputs; undefined if there is none or the file is damaged. */
export async function readBuilt(
  workspace: Workspace,
  inputs: string,
): Promise<BuiltImage | undefined> {
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

/** Records the image built from these inputs. */
export async function writeBuilt(
  workspace: Workspace,
  inputs: string,
  { digest, configDigest }: BuiltImage,
): Promise<void> {
  await writeAtomically(pathOf(workspace, inputs), [
    Buffer.from(JSON.stringify({ digest, configDigest })),
  ]);
}

function pathOf({ place }: Workspace, inputs: string): string {
  return join(place.state, 'builds', inputs);
}
