import { basename, join } from 'node:path';
import { hashesFolder, layersFolder, readCatalog, spoolFolder } from '../../catalog/file.js';
import { RECORD_SUFFIX } from '../../catalog/record.js';
import { allocatedBytesOf, statIfExists } from '../../disk/allocated.js';
import { FileStore } from '../../store/file-store.js';
import { findGarbage } from '../../store/collect.js';
import { filesMatching } from '../workspace/files-matching.js';
import { leftoverFiles } from '../workspace/leftover-files.js';
import { fileState, PARTIAL_FILE, shownPath, type Prunable } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

/** Indexes of layers of bases, and hashes of files, that no build used for this long (ms); both can be made again. */
const UNUSED_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Lists files that dead processes left (partial files, records without an archive, archives for the share without a record,
 * content that no image needs), old indexes of layers, and old hashes of files.
 */
export async function findLeftovers(workspace: Workspace, now: number): Promise<Prunable[]> {
  const { folder, state } = workspace.place;
  const store = join(state, 'store');
  const paths = [
    ...(await leftoverFiles(workspace)),
    ...(await filesMatching(
      state,
      ['*.partial', '{archives,builds,hashes,layers,unshared}/**/*.partial'],
      {
        dot: true,
      },
    )),
    ...(await oldFiles(layersFolder(workspace.place), '*.jsonl', now)),
    ...(await oldFiles(hashesFolder(workspace.place), '*.bin', now)),
    ...(await filesMatching(spoolFolder(workspace.place), ['*'], { dot: true })),
    ...(await strayUnshared(workspace)),
    // With a share, a record without an archive stands for an image that can be fetched.
    ...(workspace.place.isShared ? [] : await strayRecords(folder)),
    ...(await findGarbage(new FileStore(store, workspace.surroundings), store, { now })).map(
      ({ path }) => path,
    ),
  ];
  const items: Prunable[] = [];
  for (const path of paths) {
    const info = await statIfExists(path);
    if (!info) continue;
    items.push({
      name: basename(path),
      path: shownPath(workspace, path),
      kind: 'leftover',
      contents: [{ id: path, bytes: allocatedBytesOf(info) }],
      volume: String(info.dev),
      // The lock on an archive's name shows whether a process still writes it; other files are judged by age.
      created: PARTIAL_FILE.test(path) ? 0 : info.mtimeMs,
      lastUsed: info.mtimeMs,
      pinned: false,
      inUse: false,
      targets: [path],
      fingerprint: fileState(info),
      file: fileState(info),
    });
  }
  return items;
}

async function oldFiles(folder: string, pattern: string, now: number): Promise<string[]> {
  const old: string[] = [];
  for (const path of await filesMatching(folder, [pattern])) {
    const info = await statIfExists(path);
    if (info && now - info.mtimeMs > UNUSED_MS) old.push(path);
  }
  return old;
}

/** Unshared archives of images that have no record any more. */
async function strayUnshared({ place }: Workspace): Promise<string[]> {
  const archives = await filesMatching(join(place.state, 'unshared'), ['*.tar']);
  if (archives.length === 0 || !place.isShared) return archives;
  const recorded = (await readCatalog(place)).filter((each) => each.recorded);
  const names = new Set(recorded.map(({ name }) => name));
  return archives.filter((path) => !names.has(basename(path, '.tar')));
}

async function strayRecords(folder: string): Promise<string[]> {
  const records = await filesMatching(folder, [`*${RECORD_SUFFIX}`, `*/*${RECORD_SUFFIX}`], {
    dot: true,
  });
  const stray: string[] = [];
  for (const record of records) {
    const archive = `${record.slice(0, -RECORD_SUFFIX.length)}.tar`;
    if (!(await statIfExists(archive))) stray.push(record);
  }
  return stray;
}
