import { join, resolve } from 'node:path';
import { statIfExists } from '../../disk/allocated.js';
import { ImageError, systemCode } from '../../errors.js';
import { checkWritable } from '../../registry/storage/check-writable.js';
import { foreignLayoutOf } from '../../registry/storage/import/foreign-registry.js';
import type { CallOptions } from '../../transfer/store.js';
import { option, textField, verb, wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/** Options that name the folder of a registry. */
export interface RegistryFolder extends CallOptions {
  /** `root` is relative to this. */
  readonly cwd: string;
  /** Folder of the registry's content; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
}

/** The absolute path of a registry's folder. */
export function registryFolder({ place }: Workspace, { cwd, root }: RegistryFolder): string {
  return root === undefined ? join(place.state, 'registry') : resolve(cwd, root);
}

/**
 * Refuses the folder of another registry: its images would not be served, and garbage collection would delete the blobs
 * of an OCI layout. @throws ImageError USAGE
 */
export async function refuseForeignLayout(root: string): Promise<void> {
  const layout = await foreignLayoutOf(root);
  if (layout === undefined) return;
  throw new ImageError(
    'USAGE',
    `${root}: this is ${layout === 'an OCI layout' ? layout : `a folder of ${layout}`}, not a registry folder of Stowage`,
    {
      location: root,
      hint: wording`Its images would not be served from there. Give a new folder, and import them: ${verb('importRegistry')}.`,
    },
  );
}

/**
 * Checks that a registry can write its folder, which is created. A full disk is only a notice: content that is there can be
 * served and deleted. @throws ImageError USAGE
 */
export async function requireWritable(
  root: string,
  onEvent: VerbOptions['onEvent'],
): Promise<void> {
  try {
    await checkWritable(root);
  } catch (error) {
    if (error instanceof ImageError && error.code === 'NO_SPACE') {
      const text = wording`${root}: no space is left, so pushes fail until some is freed (${verb('prune')})`;
      return void onEvent?.({ type: 'notice', ...textField('text', text) });
    }
    if (error instanceof ImageError) throw error;
    throw new ImageError(
      'USAGE',
      `${root}: this user cannot write to the folder: ${systemCode(error) ?? 'an error'}`,
      {
        location: root,
        hint: wording`Give a folder that this user may write with ${option('root')}, or serve what is there with ${option('readOnly')}.`,
        cause: error,
      },
    );
  }
}

/** The folder, which exists and is that of a registry. @throws ImageError NOT_FOUND, USAGE */
export async function requireFolder(root: string): Promise<string> {
  await refuseForeignLayout(root);
  if (await statIfExists(root)) return root;
  throw new ImageError('NOT_FOUND', `${root}: no such folder of a registry`, {
    location: root,
    hint: wording`Give the folder with ${option('root')}, as for ${verb('serve')}.`,
  });
}
