import fs from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative } from 'node:path';
import { onTestFinished, vi } from 'vitest';

interface Entry {
  readonly path: string;
  readonly parent: string;
  readonly ino: number;
  readonly isFolder: boolean;
  readonly isEmpty: boolean;
}

/**
 * Records every fsync below a folder until the test ends.
 *
 * @returns a function that lists the paths below the folder that a power cut would lose now: entries whose folder was
 * not synced since they were created, and files whose content was never synced. An empty file needs no sync of its own.
 */
export async function watchSyncs(top: string): Promise<() => Promise<string[]>> {
  const synced = new Set<number>();
  /** For each folder: the inodes that it held at its last sync. */
  const held = new Map<string, ReadonlySet<number>>();
  const note = async (ino: number): Promise<void> => {
    synced.add(ino);
    const all = await entriesBelow(top);
    const folder = all.find((entry) => entry.isFolder && entry.ino === ino)?.path;
    const path = folder ?? ((await lstat(top)).ino === ino ? top : undefined);
    if (path === undefined) return;
    const inside = all.filter(({ parent }) => parent === path);
    held.set(path, new Set(inside.map((entry) => entry.ino)));
  };
  await using file = await open(top, 'r');
  const prototype = Object.getPrototypeOf(file) as Pick<FileHandle, 'sync'>;
  const { sync } = prototype;
  vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const { ino } = await this.stat();
    await sync.call(this);
    await note(ino);
  });
  const { fsync } = fs;
  vi.spyOn(fs, 'fsync').mockImplementation((folder, done) => {
    const { ino } = fs.fstatSync(folder);
    fsync(folder, (error) => void note(ino).then(() => done(error)));
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  return async () =>
    (await entriesBelow(top))
      .filter(
        ({ parent, ino, isFolder, isEmpty }) =>
          !held.get(parent)?.has(ino) || (!isFolder && !isEmpty && !synced.has(ino)),
      )
      .map(({ path }) => relative(top, path));
}

async function entriesBelow(top: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const entry of await readdir(top, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const info = await lstat(path).catch(() => undefined);
    if (!info) continue;
    const isFolder = info.isDirectory();
    entries.push({
      path,
      parent: entry.parentPath,
      ino: info.ino,
      isFolder,
      isEmpty: info.size === 0,
    });
  }
  return entries;
}
