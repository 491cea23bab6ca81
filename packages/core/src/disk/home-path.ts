import { homedir } from 'node:os';
import { join } from 'node:path';

/** Replaces `~` at the beginning of a path by the user's home folder. */
export function expandHome(path: string): string {
  return path === '~' || /^~[\\/]/.test(path) ? join(homedir(), path.slice(1)) : path;
}
