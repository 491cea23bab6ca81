import { homedir } from 'node:os';
import { join } from 'node:path';

/** A path as a shell would have it: `~` at its beginning is the user's folder. */
export function expanded(path: string): string {
  return path === '~' || /^~[\\/]/.test(path) ? join(homedir(), path.slice(1)) : path;
}
