import { writeSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { statIfExists } from '../disk/allocated.js';
import { ImageError } from '../errors.js';
import { describe as descriptorOf } from '../oci/descriptor.js';
import type { Open, Place } from '../transfer/store.js';
import { blobFile, partialFile } from './paths.js';
import { partialSize, resumeBlob } from './resume-blob.js';

const CONTENT = Buffer.from('some content of a blob that is fetched in pieces');
const BLOB = descriptorOf('application/octet-stream', CONTENT);

/** Fetches into a folder. `cutAt`: the connection breaks at this byte. @returns the first byte of each read */
async function fetch(
  root: string,
  { content = CONTENT, cutAt = Infinity } = {},
): Promise<number[]> {
  const starts: number[] = [];
  const open: Open = async function* (start = 0) {
    starts.push(start);
    for (let at = start; at < content.byteLength; at += 7) {
      if (at >= cutAt) throw new Error('connection lost');
      yield content.subarray(at, at + 7);
    }
  };
  const isPresent = async () => (await statIfExists(blobFile(root, BLOB.digest))) !== undefined;
  await resumeBlob(root, BLOB, open, { isPresent });
  return starts;
}

async function leavePartial(root: string, bytes: Uint8Array): Promise<void> {
  const path = partialFile(root, BLOB.digest);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

it('fetches the rest after a connection that broke at any place', async () => {
  for (let cutAt = 0; cutAt <= CONTENT.byteLength; cutAt += 7) {
    const root = await temporaryFolder();
    await expect(fetch(root, { cutAt })).rejects.toThrow('connection lost');
    const left = await partialSize(root, BLOB);
    expect(left).toBeLessThanOrEqual(Math.max(cutAt, 0));
    expect(await fetch(root)).toEqual([left]);
    expect(await readFile(blobFile(root, BLOB.digest))).toEqual(CONTENT);
    expect(await partialSize(root, BLOB)).toBe(0);
    expect(await fetch(root)).toEqual([]);
  }
});

it.each([
  ['changed', Buffer.alloc(10, 'x'), [10, 0]],
  ['changed, and as long as the blob', Buffer.alloc(CONTENT.byteLength, 'x'), [0]],
  ['longer than the blob', Buffer.alloc(CONTENT.byteLength + 1, 'x'), [0]],
  ['complete', CONTENT, []],
])('starts over when it must after a partial file that is %s', async (_what, bytes, starts) => {
  const root = await temporaryFolder();
  await leavePartial(root, bytes);
  expect(await fetch(root)).toEqual(starts);
  expect(await readFile(blobFile(root, BLOB.digest))).toEqual(CONTENT);
});

it.each([
  ['changed', Buffer.from(CONTENT).fill('x', 3, 4)],
  ['cut short', CONTENT.subarray(0, 20)],
  ['too long', Buffer.concat([CONTENT, CONTENT])],
])('keeps nothing of content that is %s', async (_what, content) => {
  const root = await temporaryFolder();
  await expect(fetch(root, { content })).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(await partialSize(root, BLOB)).toBe(0);
  expect(await statIfExists(blobFile(root, BLOB.digest))).toBeUndefined();
});

it('takes content of a local file as a whole, unless an earlier process began it', async () => {
  const isPresent = async () => false;
  const moved: number[] = [];
  const content: Open = Object.assign(
    async function* (start = 0) {
      yield CONTENT.subarray(start);
    },
    {
      moveTo: async ({ file, offset }: Place) => {
        moved.push(writeSync(file.fd, CONTENT, 0, CONTENT.byteLength, offset));
        return true;
      },
    },
  );
  for (const left of [0, 5]) {
    const root = await temporaryFolder();
    await leavePartial(root, CONTENT.subarray(0, left));
    await resumeBlob(root, BLOB, content, { isPresent });
    expect(await readFile(blobFile(root, BLOB.digest))).toEqual(CONTENT);
  }
  expect(moved).toEqual([CONTENT.byteLength]);
  const damaged = async () => Promise.reject(new ImageError('CORRUPT', 'damaged'));
  const root = await temporaryFolder();
  const fetching = resumeBlob(root, BLOB, Object.assign(content, { moveTo: damaged }), {
    isPresent,
  });
  await expect(fetching).rejects.toMatchObject({ code: 'CORRUPT', message: 'damaged' });
  expect(await partialSize(root, BLOB)).toBe(0);
});
