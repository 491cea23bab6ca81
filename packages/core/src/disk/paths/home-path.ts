import { join } from 'node:path';
import type { Surroundings } from '../../surroundings.js';

/** Replaces `~` at the beginning of a path by the user's home folder. */
export function expandHome(path: string, { home }: Pick<Surroundings, 'home'>): string {
  return path === '~' || /^~[\\/]/.test(path) ? join(home, path.slice(1)) : path;
}
