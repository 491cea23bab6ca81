import { collectGarbage, type CollectedGarbage } from '../../registry/storage/collect-registry.js';
import { scrub, type ScrubResult } from '../../registry/storage/scrub.js';
import { parseDuration, parseSize } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';
import { registryFolder, requireFolder, type RegistryFolder } from './registry-folder.js';

/** Options for collecting garbage. */
export interface CollectRegistryOptions extends RegistryFolder {
  /** Keep content that a client used within this time, as `1h` (default): a push may still need it. */
  readonly grace?: string | undefined;
  /** Delete uploads that received nothing for this long, as `10m`; `1d` when omitted. */
  readonly uploadsOlder?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The longest time between two requests of a push; younger content is kept. */
export const REGISTRY_GRACE = '1h';
/** The longest time between two chunks of an upload; younger uploads are kept. */
export const UPLOAD_GRACE = '1d';

/**
 * Deletes content that no manifest of a registry needs; the registry may keep running. @throws ImageError NOT_FOUND, USAGE (`grace`, `uploadsOlder`)
 */
export async function collectRegistry(
  workspace: Workspace,
  {
    grace = REGISTRY_GRACE,
    uploadsOlder = UPLOAD_GRACE,
    dryRun,
    signal,
    ...folder
  }: CollectRegistryOptions,
): Promise<CollectedGarbage> {
  const root = await requireFolder(registryFolder(workspace, folder));
  const times = {
    grace: parseDuration(grace, wording`${option('grace')}`),
    uploadGrace: parseDuration(uploadsOlder, wording`${option('uploadsOlder')}`),
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
