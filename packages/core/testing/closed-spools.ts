import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, expect } from 'vitest';

/** A file of tests must close what it opens: an open spool keeps its disk space, and ends a process on Node.js 26. */
afterAll(() => {
  if (process.platform === 'linux') expect(openFiles().filter(isSpool)).toEqual([]);
});

function openFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      // Closed meanwhile, as that of the listing.
      return [];
    }
  });
}

function isSpool(path: string): boolean {
  return path.endsWith('.spool (deleted)');
}
