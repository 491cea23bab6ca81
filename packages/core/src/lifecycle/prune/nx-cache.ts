import { join, resolve } from 'node:path';
import { allocatedBytes, statIfExists } from '../../disk/allocated.js';
import { fileSystemOf } from '../../disk/free-space.js';
import { filesMatching } from '../workspace/files-matching.js';
import { shownPath, type Prunable } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

/** Nx's cache of task outputs, which may contain archives: listed with its size, never deleted. */
export async function nxCacheItem(workspace: Workspace): Promise<Prunable | undefined> {
  const { root, surroundings } = workspace;
  const configured = surroundings.env['NX_CACHE_DIRECTORY'];
  const folder = configured === undefined ? join(root, '.nx/cache') : resolve(root, configured);
  if (!(await statIfExists(folder))) return undefined;
  const files = await filesMatching(folder, ['**/*'], { dot: true });
  const sizes = await Promise.all(files.map(allocatedBytes));
  return {
    name: 'nx',
    path: shownPath(workspace, folder),
    kind: 'nx-cache',
    contents: [{ id: folder, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) }],
    volume: (await fileSystemOf(folder)).id,
    pinned: false,
    inUse: false,
    targets: [],
    fingerprint: '',
  };
}
