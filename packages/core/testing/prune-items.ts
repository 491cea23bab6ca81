import type { Digest } from '../src/oci/digest.js';
import type { PruneFacts, PruneItem } from '../src/policy/prune-model.js';

export const DAY = 86_400_000;
export const NOW = 1000 * DAY;
export const digest = (n: number): Digest => `sha256:${String(n).padStart(64, '0')}`;

/** An archive that was created and last used `days` ago. */
export function item(path: string, days: number, more: Partial<PruneItem> = {}): PruneItem {
  return {
    name: 'app',
    path,
    kind: 'archive',
    contents: [{ id: path, bytes: 10 }],
    volume: 'disk',
    created: NOW - days * DAY,
    lastUsed: NOW - days * DAY,
    pinned: false,
    inUse: false,
    ...more,
  };
}

export const facts = (more: Partial<PruneFacts> = {}): PruneFacts => ({
  now: NOW,
  volumes: [],
  held: new Set(),
  ...more,
});

/** Facts of a file system with `free` bytes available. */
export const disk = (free: number) => ({ volumes: [{ id: 'disk', path: '/', free }] });
