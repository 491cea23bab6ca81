import { relative } from 'node:path';
import type { PruneItem } from '../policy/prune-model.js';
import type { Workspace } from './workspace.js';

/** What an item was when it was planned, and how to get rid of it. */
export interface Prunable extends PruneItem {
  /** Changes whenever the thing does, or its use. */
  readonly fingerprint: string;
  /** Absolute paths of files, or references of an engine's image. */
  readonly targets: readonly string[];
}

/** Parts of an archive's commit: written under the lock of its name, so whoever gets that may finish or undo it. */
export const PARTIAL = /(?:\.tar|\.image\.json)\.partial$/;

/** For people: from the workspace, where it lies below it. */
export function shownPath({ root }: Workspace, path: string): string {
  const shown = relative(root, path);
  return shown.startsWith('..') ? path : shown.replaceAll('\\', '/');
}
