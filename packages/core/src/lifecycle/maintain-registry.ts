import { join, resolve } from 'node:path';
import { statIfThere } from '../disk/allocated.js';
import { ImageError } from '../errors.js';
import { collectHosted, type CollectedHosted } from '../store/hosted-collect.js';
import { scrub, type Scrubbed } from '../store/scrub.js';
import type { CallOptions } from '../transfer/store.js';
import { duration, size } from './amounts.js';
import type { Workspace } from './workspace.js';

export interface RegistryFolder extends CallOptions {
  readonly cwd: string;
  /** Where it keeps its content; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
}

/** The folder of a registry. */
export function registryFolder({ place }: Workspace, { cwd, root }: RegistryFolder): string {
  return root === undefined ? join(place.state, 'registry') : resolve(cwd, root);
}

export interface CollectRegistryOptions extends RegistryFolder {
  /** As `1h`: what was wanted within it stays, since a push may still be going on. */
  readonly grace?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What a push may take between two of its requests, and an upload between two of its pieces. */
export const REGISTRY_GRACE = '1h';
export const UPLOAD_GRACE = '1d';

/** Deletes what no manifest needs, while the registry runs. @throws ImageError NOT_FOUND, USAGE (`grace`) */
export async function collectRegistry(
  workspace: Workspace,
  { grace = REGISTRY_GRACE, dryRun, signal, ...folder }: CollectRegistryOptions,
): Promise<CollectedHosted> {
  const root = await existing(registryFolder(workspace, folder));
  const times = { grace: duration(grace, 'grace'), uploadGrace: duration(UPLOAD_GRACE, 'upload') };
  return collectHosted(root, { ...times, dryRun, signal });
}

export interface ScrubRegistryOptions extends RegistryFolder {
  /** At most this much in a second, as `20MB`; as fast as the disk when omitted. */
  readonly rate?: string | undefined;
}

/** Hashes all that a registry keeps, while it runs. @throws ImageError NOT_FOUND, USAGE (`rate`) */
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
