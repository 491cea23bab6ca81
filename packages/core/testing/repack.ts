import { readFile, writeFile } from 'node:fs/promises';
import { packTar } from '../src/archive/tar/pack-tar.js';
import { indexTar } from '../src/archive/tar/tar-index.js';
import { readAll } from '../src/transfer/verified.js';

/** The members of a tar by name; a link has the content of its target. */
export type Members = Map<string, Buffer>;

/** An entry of a `manifest.json`: one image. */
export interface Item {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
}

/** Reads a tar, changes its members and writes it again. */
export async function repack(
  from: string,
  to: string,
  change: (members: Members) => void,
): Promise<void> {
  const tar = await readFile(from);
  const entries = await indexTar(
    async (at, length) => tar.subarray(at, at + length),
    tar.byteLength,
  );
  const members: Members = new Map();
  for (const name of entries.keys()) {
    let entry = entries.get(name);
    while (entry?.type === 'link') entry = entries.get(entry.target);
    if (entry) members.set(name, tar.subarray(entry.offset, entry.offset + entry.size));
  }
  change(members);
  const packed = packTar(
    [...members].map(([name, body]) => ({ name, size: body.byteLength, open: () => [body] })),
  );
  await writeFile(to, await readAll(packed, Infinity));
}

/** Changes the entries of the `manifest.json`. */
export function changeItems(members: Members, change: (items: Item[]) => Item[]): void {
  const items = JSON.parse(String(members.get('manifest.json'))) as Item[];
  members.set('manifest.json', Buffer.from(JSON.stringify(change(items))));
}

/** A copy with one byte flipped: the first, or the one at `at`. */
export function flipped(body: Buffer | undefined, at = 0): Buffer {
  const copy = Buffer.from(body ?? []);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
