import type { Stats } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { RetentionYaml } from '../../definition/image-schema.js';
import { parseName } from '../../definition/name.js';
import { groupCounts } from '../../definition/settings/settings.js';
import { toSlashes } from '../../disk/paths/slashed.js';
import type { AgeRules, PruneItem } from '../../policy/prune-model.js';
import { parseDuration } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';
import type { Digest } from '../../oci/digest.js';
import type { Engine } from '../../engine/engine.js';

/** An item with its state at planning time, and the targets to delete. */
export interface Prunable extends PruneItem {
  /** Changes whenever the item or its last use changes. */
  readonly fingerprint: string;
  /** The {@link fileState} of `targets[0]`, if that is a file whose name has a lock: it is compared again under the lock. */
  readonly file?: string;
  /** Absolute file paths; references of an engine's image; or `repository@digest` of each part of a registry's image. */
  readonly targets: readonly string[];
}

/** Temporary files of an archive's commit: written under the lock of its name, so a later lock holder may finish or undo it. */
export const PARTIAL_FILE = /(?:\.tar|\.image\.json)\.partial$/;

/** Differs between two files, and between two states of one file. */
export function fileState({ ino, size, mtimeMs }: Pick<Stats, 'ino' | 'size' | 'mtimeMs'>): string {
  return [ino, size, mtimeMs].join(' ');
}

/** A path for display: relative to the workspace if it is below it. */
export function shownPath({ root }: Workspace, path: string): string {
  const shown = relative(root, path);
  return shown.startsWith('..') || isAbsolute(shown) ? path : toSlashes(shown);
}

/** The project and operating system in the name of an archive. */
export function partsOf(name: string, file = ''): Pick<PruneItem, 'project' | 'os'> {
  const folder = file.includes('/') ? [file.slice(0, file.indexOf('/'))] : [];
  const { project, os } = parseName(name, folder) ?? {};
  return { ...(project === undefined ? {} : { project }), ...(os === undefined ? {} : { os }) };
}

/** Converts the retention rules of a definition. @throws ImageError USAGE */
export function rulesOf({ keep_newest: newest, unused_for, min_age }: RetentionYaml): AgeRules {
  return {
    ...(newest === undefined ? {} : { keepNewest: groupCounts(newest) }),
    ...(unused_for === undefined
      ? {}
      : { unusedFor: parseDuration(unused_for, 'retention.unused_for') }),
    ...(min_age === undefined ? {} : { minAge: parseDuration(min_age, 'retention.min_age') }),
  };
}

/** Options to list the images of an engine, a store or a registry. */
export interface ImageOptions extends InventoryOptions {
  /** Archives, by the manifest and config digests of their images. */
  readonly known: ReadonlyMap<Digest, PruneItem>;
  readonly pins: readonly string[];
}

export interface InventoryOptions {
  /** An engine whose copies of archives are pruned, too. */
  readonly engine?: Engine | undefined;
  readonly store: Engine;
  /** The folder of the registry. */
  readonly registryRoot: string;
  readonly inUse: ReadonlySet<Digest>;
  /** Patterns of names to keep, besides those of the settings. */
  readonly keep: readonly string[];
  /** Retention rules of definitions, by image name. */
  readonly retention: ReadonlyMap<string, RetentionYaml>;
  readonly now: number;
}
