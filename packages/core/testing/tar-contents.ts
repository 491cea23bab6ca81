import { indexTar } from '../src/archive/tar/tar-index.js';

/** The content of each member of a tar, read through `indexTar`; a link has the content of its target. */
export async function contentsOf(tar: Buffer): Promise<Map<string, string>> {
  const entries = await indexTar(
    async (at, length) => tar.subarray(at, at + length),
    tar.byteLength,
  );
  const found = new Map<string, string>();
  for (const name of entries.keys()) {
    let entry = entries.get(name);
    while (entry?.type === 'link') entry = entries.get(entry.target);
    if (entry) found.set(name, tar.toString('utf8', entry.offset, entry.offset + entry.size));
  }
  return found;
}
