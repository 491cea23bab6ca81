import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe as group, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { describe } from '../../oci/descriptor.js';
import { JobState } from './job-state.js';
import { hashExtent } from './hash-extent.js';
import { moveExtent } from './move-extent.js';

const CONTENT = Buffer.alloc(3 * 1024 * 1024, 'content ');
const NODE = describe('text/plain', CONTENT);

async function files() {
  const folder = await temporaryFolder();
  const from = join(folder, 'from');
  await writeFile(from, Buffer.concat([Buffer.alloc(7, 'x'), CONTENT]));
  const to = join(folder, 'to');
  const half = CONTENT.length / 2;
  const pieces = [
    { file: from, offset: 7, size: half },
    { file: from, offset: 7 + half, size: half },
  ];
  const extent = { member: 'm', offset: 7, size: CONTENT.length, pieces };
  return { extent, from, to, file: await open(to, 'w+') };
}

group('moving an extent', () => {
  it('writes all its pieces at the place, hashed and counted', async () => {
    const { extent, to, file } = await files();
    await using _ = file;
    const counts = { written: 0, progress: 0 };
    const onWritten = (bytes: number) => void (counts.written += bytes);
    const onBytes = (bytes: number) => void (counts.progress += bytes);
    const moved = await moveExtent(extent, NODE, { file, offset: 5, onWritten }, { onBytes });
    expect(moved).toMatchObject({ size: NODE.size, digest: NODE.digest });
    expect(counts).toEqual({ written: NODE.size, progress: NODE.size });
    expect(Buffer.compare((await readFile(to)).subarray(5), CONTENT)).toBe(0);
  });

  it('tells of a file that has become shorter by the size', async () => {
    const { extent, from, file } = await files();
    await using _ = file;
    await writeFile(from, 'xxxxxxxshort');
    const place = { file, offset: 0, onWritten: () => undefined };
    expect(await moveExtent(extent, NODE, place)).toMatchObject({ size: 5 });
  });

  it('throws the error of the file system, and the reason of an abort', async () => {
    const { extent, to, file } = await files();
    await file.close();
    await using unwritable = await open(to, 'r');
    const place = { file: unwritable, offset: 0, onWritten: () => undefined };
    await expect(moveExtent(extent, NODE, place)).rejects.toMatchObject({ code: 'EBADF' });
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(moveExtent(extent, NODE, place, { signal })).rejects.toThrow('stopped');
  });

  it('ends where it is stopped', async () => {
    const { extent, file } = await files();
    await using _ = file;
    const state = new JobState();
    state.stop();
    const job = { ...extent, algorithm: 'sha256' as const, state: state.memory };
    expect(await hashExtent(job)).toMatchObject({ size: 0 });
    expect(new JobState(state.memory)).toMatchObject({ isStopped: true, bytes: 0 });
  });
});
