import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe as suite, expect, it, onTestFinished } from 'vitest';
import { nameImage, put } from '../../testing/image.js';
import { membersOf } from '../../testing/members.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { workspaceOf } from '../../testing/workspace.js';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { digestOf } from '../oci/digest.js';
import { formatManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { copy } from '../transfer/copy.js';
import { copyImages } from './copy/copy-images.js';
import { verify } from './inspect/verify.js';
import { load } from './load/load.js';
import { push } from './push/push.js';
import { serve } from './serve/serve.js';

/** The compressions that layers of images have; `hash-extent` is tested with the others. */
const KINDS = ['gzip', 'zstd'] as const;
type Kind = (typeof KINDS)[number];
const typeOf = (kind: Kind) => `${MediaType.layer}+${kind}`;
const stdout = () => Promise.reject(new Error('unexpected write to stdout'));

/** A workspace with an archive of one image, whose layer has several members, and the same archive in parts. */
async function archiveWith(kind: Kind) {
  const { cwd, call, workspace } = await workspaceOf();
  const { packed, plain, starts } = await membersOf(kind);
  const store = new MemoryStore();
  const layer = await put(store, typeOf(kind), packed);
  const config = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [digestOf(plain)] },
  };
  const described = await put(store, MediaType.config, Buffer.from(JSON.stringify(config)));
  const root = await put(store, MediaType.manifest, formatManifest(described, [layer]));
  await nameImage(store, root, 'team/app:1');
  const path = join(cwd, 'whole.tar');
  await using writer = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  await copy(store, root.digest, writer);
  await writer.commit();
  await mkdir(join(cwd, 'parts'));
  await copyImages(workspace, path, 'parts/set.tar', { ...call, stdout, split: '3000' });
  const at = (await readFile(path)).indexOf(packed);
  /** The first and last bytes of every member, in the archive. */
  const offsets = [...starts, packed.byteLength]
    .flatMap((start) => [start - 5, start - 1, start, start + 3])
    .filter((each) => each >= 0 && each < packed.byteLength)
    .map((each) => at + each);
  const edges = new Set(starts.slice(1, 3).flatMap((start) => [at + start - 1, at + start]));
  return { cwd, call, workspace, layer, offsets, edges };
}

/** Writes a copy of an archive, or of a set of parts, with one byte flipped. @returns its path */
async function damagedCopy(path: string, offset: number): Promise<string> {
  const folder = await temporaryFolder();
  const from = join(path, '..');
  const names = (await readdir(from)).filter((name) => name.startsWith(basename(path))).sort();
  let start = 0;
  for (const name of names) {
    await copyFile(join(from, name), join(folder, name));
    if (name.endsWith('.sha256')) continue;
    const bytes = await readFile(join(from, name));
    const at = offset - start;
    start += bytes.byteLength;
    const byte = bytes[at];
    if (byte === undefined) continue;
    bytes[at] = byte ^ 1;
    await writeFile(join(folder, name), bytes);
  }
  return join(folder, basename(path));
}

suite.each(KINDS)('a damaged layer of several members of %s', (kind) => {
  it.each(['whole.tar', 'parts/set.tar'])('is found in %s by every verb', async (name) => {
    const { cwd, call, workspace, layer, offsets, edges } = await archiveWith(kind);
    const registry = await serve(workspace, [], { ...call, root: 'registry' });
    onTestFinished(() => registry[Symbol.asyncDispose]());
    expect(await verify(workspace, [join(cwd, name)], call)).toMatchObject([{ ok: true }]);
    for (const offset of offsets) {
      const path = await damagedCopy(join(cwd, name), offset);
      const [verified] = await verify(workspace, [path], call);
      expect(verified?.problems, `${offset}`).toContainEqual(
        expect.objectContaining({ code: 'CORRUPT', digest: layer.digest }),
      );
      if (!edges.has(offset)) continue;
      const to = registry.url.replace('http://', '');
      await using served = await serve(workspace, [path], call);
      const reference = `docker://${served.url.replace('http://', '')}/team/app:1`;
      const copyFrom = (from: string) =>
        copyImages(workspace, from, join(path, '../out.tar'), { ...call, stdout });
      const moves = [
        () => load(workspace, [path], call),
        () => copyFrom(path),
        () => push(workspace, [path], { ...call, to }),
        // A registry sends what it has; the client verifies it.
        () => copyFrom(reference),
      ];
      for (const [at, move] of moves.entries())
        await expect(move(), `${offset} ${at}`).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(await readdir(join(path, '..'))).not.toContain('out.tar');
    }
  });
});
