import { join, resolve } from 'node:path';
import { statIfExists } from '../../disk/allocated.js';
import { ImageError } from '../../errors.js';
import { collectGarbage, type CollectedGarbage } from '../../registry/storage/collect-registry.js';
import { scrub, type ScrubResult } from '../../registry/storage/scrub.js';
import type { CallOptions } from '../../transfer/store.js';
import { parseDuration, parseSize } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, verb, wording } from '../../wording.js';

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

/** Options for collecting garbage. */
export interface CollectRegistryOptions extends RegistryFolder {
  /** Keep content that a client used within this time, as `1h` (default): a push may still need it. */
  readonly grace?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The longest time between two requests of a push; younger content is kept. */
export const REGISTRY_GRACE = '1h';
/** The longest time between two chunks of an upload; younger uploads are kept. */
export const UPLOAD_GRACE = '1d';

/**
 * Deletes content that no manifest of a registry needs; the registry may keep running. @throws ImageError NOT_FOUND, USAGE (`grace`)
 */
export async function collectRegistry(
  workspace: Workspace,
  { grace = REGISTRY_GRACE, dryRun, signal, ...folder }: CollectRegistryOptions,
): Promise<CollectedGarbage> {
  const root = await requireFolder(registryFolder(workspace, folder));
  const times = {
    grace: parseDuration(grace, wording`${option('grace')}`),
    uploadGrace: parseDuration(UPLOAD_GRACE, 'upload'),
  };
  const now = workspace.surroundings.now();
  return collectGarbage(root, { ...times, now, dryRun, signal });
}

/** Options for checking content. */
export interface ScrubRegistryOptions extends RegistryFolder {
  /** Bytes to read per second, as `20MB`; unlimited when omitted. */
  readonly rate?: string | undefined;
}

/** Hashes all content of a registry; the registry may keep running. @throws ImageError NOT_FOUND, USAGE (`rate`) */
export async function scrubRegistry(
  workspace: Workspace,
  { rate, signal, ...folder }: ScrubRegistryOptions,
): Promise<ScrubResult> {
  const root = await requireFolder(registryFolder(workspace, folder));
  return scrub(root, {
    rate: rate === undefined ? undefined : parseSize(rate, wording`${option('rate')}`),
    signal,
  });
}

/** @throws ImageError NOT_FOUND (no such folder) */
export async function requireFolder(root: string): Promise<string> {
  if (await statIfExists(root)) return root;
  throw new ImageError('NOT_FOUND', `${root}: no such folder of a registry`, {
    location: root,
    hint: wording`Give the folder with ${option('root')}, as for ${verb('serve')}.`,
  });
}
