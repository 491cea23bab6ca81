import { isAbsolute, relative } from 'node:path';
import type { RetentionYaml } from '../../definition/image-schema.js';
import { parseName } from '../../definition/name.js';
import { slashed } from '../../disk/slashed.js';
import type { AgeRules, PruneItem } from '../../policy/prune-model.js';
import { duration } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';
import type { Digest } from '../../oci/digest.js';
import type { Engine } from '../../engine/engine.js';

/** What an item was when it was planned, and how to get rid of it. */
export interface Prunable extends PruneItem {
  /** Changes whenever the thing does, or its use. */
  readonly fingerprint: string;
  /** Absolute paths of files, references of an engine's image, or `repository@digest` of all that a registry's has. */
  readonly targets: readonly string[];
}

/** Parts of an archive's commit: written under the lock of its name, so whoever gets that may finish or undo it. */
export const PARTIAL = /(?:\.tar|\.image\.json)\.partial$/;

/** For people: from the workspace, where it lies below it. */
export function shownPath({ root }: Workspace, path: string): string {
  const shown = relative(root, path);
  return shown.startsWith('..') || isAbsolute(shown) ? path : slashed(shown);
}

/** What the name of an archive says of it. */
export function partsOf(name: string, file = ''): Pick<PruneItem, 'project' | 'os'> {
  const folder = file.includes('/') ? [file.slice(0, file.indexOf('/'))] : [];
  const { project, os } = parseName(name, folder) ?? {};
  return { ...(project === undefined ? {} : { project }), ...(os === undefined ? {} : { os }) };
}

/** What a definition says of its archives. @throws ImageError USAGE */
export function rulesOf({ keep_newest: newest, unused_for, min_age }: RetentionYaml): AgeRules {
  return {
    ...(newest === undefined ? {} : { keepNewest: { name: newest } }),
    ...(unused_for === undefined ? {} : { unusedFor: duration(unused_for, 'unused_for') }),
    ...(min_age === undefined ? {} : { minAge: duration(min_age, 'min_age') }),
  };
}

/** What is known before images are looked at. */
export interface ImageOptions extends InventoryOptions {
  /** Archives by the digests of their images. */
  readonly known: ReadonlyMap<Digest, PruneItem>;
  readonly pins: readonly string[];
}

export interface InventoryOptions {
  /** The engine whose copies are to be pruned, too. */
  readonly engine?: Engine | undefined;
  readonly store: Engine;
  /** The folder of the registry. */
  readonly registryRoot: string;
  readonly inUse: ReadonlySet<Digest>;
  /** Patterns of names that stay, besides those of the settings. */
  readonly keep: readonly string[];
  /** What definitions say of their archives, by name. */
  readonly retention: ReadonlyMap<string, RetentionYaml>;
  readonly now: number;
}
