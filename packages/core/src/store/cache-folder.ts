import { join } from 'node:path';
import type { Environment } from '../surroundings.js';

/** Cache folder for registry images of all workspaces of a user: `$STOWAGE_CACHE_DIR`, else the platform's default. */
export function cacheFolder(env: Environment, platform: NodeJS.Platform, home: string): string {
  const { STOWAGE_CACHE_DIR: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = env;
  if (own) return own;
  // XDG Base Directory Specification: relative paths must be ignored.
  if (xdg?.startsWith('/')) return join(xdg, 'stowage');
  if (platform === 'win32')
    return join(local ?? join(home, 'AppData', 'Local'), 'stowage', 'cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'stowage');
  return join(home, '.cache', 'stowage');
}
