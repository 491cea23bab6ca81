import { join, resolve } from 'node:path';
import { statIfThere } from '../../disk/allocated.js';
import { ImageError } from '../../errors.js';
import { collectGarbage, type CollectedGarbage } from '../../registry/storage/collect-registry.js';
import { scrub, type Scrubbed } from '../../registry/storage/scrub.js';
import type { CallOptions } from '../../transfer/store.js';
import { duration, size } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';

/** The folder of a registry. */
export interface RegistryFolder extends CallOptions {
  /** `root` is relative to this. */
  readonly cwd: string;
  /** Folder of its content; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
}

/** The folder of a registry. */
export function registryFolder({ place }: Workspace, { cwd, root }: RegistryFolder): string {
  return root === undefined ? join(place.state, 'registry') : resolve(cwd, root);
}

/** How garbage is collected. */
export interface CollectRegistryOptions extends RegistryFolder {
  /** Keep content that a client used within this time, as `1h` (default): a push may still need it. */
  readonly grace?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What a push may take between two of its requests, and an upload between two of its pieces. */
export const REGISTRY_GRACE = '1h';
export const UPLOAD_GRACE = '1d';

/**
 * Deletes content that no manifest of a registry needs, while it runs. @throws ImageError NOT_FOUND, USAGE (`grace`)
 */
export async function collectRegistry(
  workspace: Workspace,
  { grace = REGISTRY_GRACE, dryRun, signal, ...folder }: CollectRegistryOptions,
): Promise<CollectedGarbage> {
  const root = await existing(registryFolder(workspace, folder));
  const times = { grace: duration(grace, 'grace'), uploadGrace: duration(UPLOAD_GRACE, 'upload') };
  return collectGarbage(root, { ...times, dryRun, signal });
}

/** How content is checked. */
export interface ScrubRegistryOptions extends RegistryFolder {
  /** At most this much in a second, as `20MB`; as fast as the disk when omitted. */
  readonly rate?: string | undefined;
}

/** Hashes all content of a registry, while it runs. @throws ImageError NOT_FOUND, USAGE (`rate`) */
export async function scrubRegistry(
  workspace: Workspace,
  { rate, signal, ...folder }: ScrubRegistryOptions,
): Promise<Scrubbed> {
  const root = await existing(registryFolder(workspace, folder));
  return scrub(root, { rate: rate === undefined ? undefined : size(rate, 'rate'), signal });
}

async function existing(root: string): Promise<string> {
  if (await statIfThere(root)) return root;
  throw new ImageError('NOT_FOUND', `${root}: expected a registry's folder, got none`, {
    location: root,
    hint: 'Name it with --root, as for stowage serve.',
  });
}
