import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Bits of a mode that let others than the owner write. */
const OTHERS_WRITE = 0o022;

/**
 * Has Node.js keep what it compiles, where it can (22.1 and newer), so that the next start compiles nothing. What is in the
 * folder is executed: it has to belong to this user, and nobody else may write to it; it is never in
 * `STOWAGE_CACHE_DIR`, which machines may share. Without such a folder every start compiles, and no start fails.
 */
export function cacheCompiledCode(): void {
  const { enableCompileCache: enable } = module as { enableCompileCache?: (to: string) => unknown };
  const user = process.getuid?.();
  if (enable === undefined || user === undefined) return;
  try {
    const folder = compiledFolder(process.env, homedir());
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    if (uid === user && (mode & OTHERS_WRITE) === 0) enable(folder);
  } catch {
    // A home that cannot be written to, or none.
  }
}

function compiledFolder({ XDG_CACHE_HOME: xdg }: NodeJS.ProcessEnv, home: string): string {
  // XDG Base Directory Specification: relative paths must be ignored.
  return join(xdg?.startsWith('/') ? xdg : join(home, '.cache'), 'stowage', 'compiled');
}
