import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { digestOf, type Digest } from '../../oci/digest.js';
import { blobFile } from '../../store/paths.js';
import { oneChunk } from '../../transfer/copy.js';
import { FileUploads } from './file-uploads.js';
import { Quotas } from './quota/quotas.js';

const BYTES = Buffer.from('some bytes of a blob');

/** Uploads of one process in a folder, and the blobs that were added to repositories. */
function uploadsIn(root: string) {
  const linked: [string, Digest][] = [];
  const link = async (repository: string, digest: Digest) => {
    linked.push([repository, digest]);
  };
  return { uploads: new FileUploads(root, { link, quotas: new Quotas(root) }), linked };
}

const filesOf = (root: string) => readdir(join(root, 'repositories/a/_uploads'));

it.each(['sha256', 'sha512'] as const)('becomes a blob with a digest in %s', async (algorithm) => {
  const root = await temporaryFolder();
  const { uploads, linked } = uploadsIn(root);
  const id = await uploads.start('a');
  await uploads.append('a', id, oneChunk(BYTES));
  const digest = digestOf(BYTES, algorithm);
  await uploads.finish('a', id, digest);
  expect(await readFile(blobFile(root, digest))).toEqual(BYTES);
  expect(linked).toEqual([['a', digest]]);
  expect(await filesOf(root)).toEqual([]);
});

it('refuses a second request while one is running, and continues after it', async () => {
  const { uploads } = uploadsIn(await temporaryFolder());
  const id = await uploads.start('a');
  let endFirst = () => undefined as void;
  const held = new Promise<void>((resolve) => (endFirst = resolve));
  const slow = async function* () {
    yield BYTES;
    await held;
  };
  const first = uploads.append('a', id, slow());
  for (const second of [
    uploads.append('a', id, oneChunk(BYTES)),
    uploads.finish('a', id, digestOf(BYTES)),
    uploads.cancel('a', id),
  ])
    await expect(second).rejects.toMatchObject({ code: 'CONFLICT' });
  endFirst();
  expect(await first).toBe(BYTES.byteLength);
  await uploads.finish('a', id, digestOf(BYTES));
});

it('is taken over by another process, which hashes all of it', async () => {
  const root = await temporaryFolder();
  const { uploads: first } = uploadsIn(root);
  const { uploads: second, linked } = uploadsIn(root);
  const id = await first.start('a');
  await first.append('a', id, oneChunk(BYTES.subarray(0, 5)));
  expect(await second.size('a', id)).toBe(5);
  await second.append('a', id, oneChunk(BYTES.subarray(5)), { at: 5 });
  const stale = first.append('a', id, oneChunk(BYTES), { at: 5 });
  await expect(stale).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await filesOf(root)).toHaveLength(1);
  await second.finish('a', id, digestOf(BYTES));
  expect(linked).toHaveLength(1);
});

it('late writes of the process that lost an upload do not reach the blob', async () => {
  const root = await temporaryFolder();
  const { uploads: first } = uploadsIn(root);
  const { uploads: second } = uploadsIn(root);
  const id = await first.start('a');
  const content = async function* () {
    yield BYTES.subarray(0, 5);
    // The other process takes the empty upload over and receives everything.
    await second.append('a', id, oneChunk(BYTES), { at: 0 });
    yield Buffer.from('late bytes');
  };
  await first.append('a', id, content()).catch(() => undefined);
  await second.finish('a', id, digestOf(BYTES));
  expect(await readFile(blobFile(root, digestOf(BYTES)))).toEqual(BYTES);
});

it.each([
  ['in the middle of a chunk', 1],
  ['before a chunk, as other uploads took the space', 0],
])('is deleted when the space ends %s, and gives its space back', async (_, chunks) => {
  const root = await temporaryFolder();
  const quotas = new Quotas(root, { maxUsed: 100_000 });
  const uploads = new FileUploads(root, { link: async () => undefined, quotas });
  const id = await uploads.start('a');
  await uploads.append('a', id, oneChunk(Buffer.alloc(60_000)));
  if (chunks === 0) expect(() => quotas.whole.take(60_000)).toThrow();
  const more = uploads.append('a', id, oneChunk(Buffer.alloc(60_000)));
  await expect(more).rejects.toMatchObject({ code: 'NO_SPACE' });
  expect(await filesOf(root)).toEqual([]);
  await expect(uploads.size('a', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  if (chunks === 0) return;
  const next = await uploads.start('a');
  expect(await uploads.append('a', next, oneChunk(Buffer.alloc(60_000)))).toBe(60_000);
});

it('is continued by one process after the other, chunk by chunk', async () => {
  const root = await temporaryFolder();
  const [one, other] = [uploadsIn(root), uploadsIn(root)];
  const id = await one.uploads.start('a');
  for (const [at, { uploads }] of [one, other, one, other, one].entries()) {
    expect(await uploads.size('a', id)).toBe(at * 4);
    const part = oneChunk(BYTES.subarray(at * 4, at * 4 + 4));
    expect(await uploads.append('a', id, part, { at: at * 4 })).toBe(at * 4 + 4);
  }
  await other.uploads.finish('a', id, digestOf(BYTES));
  expect(await readFile(blobFile(root, digestOf(BYTES)))).toEqual(BYTES);
  expect(await filesOf(root)).toEqual([]);
});
