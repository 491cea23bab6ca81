import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../testing/chunks.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { spool } from './spool.js';

const CONTENT = Buffer.from('some content');

describe('a spooled stream', () => {
  it('can be read, and its file is gone with its handle', async () => {
    const folder = join(await temporaryFolder(), 'new/folder');
    const file = await spool(inChunks(CONTENT, 5), { folder });
    const { bytesRead, buffer } = await file.read(Buffer.alloc(100), 0, 100, 0);
    expect(buffer.subarray(0, bytesRead)).toEqual(CONTENT);
    expect((await file.stat()).mode & 0o777).toBe(0o600);
    await file.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused before a byte is read when there is too little space', async () => {
    const folder = await temporaryFolder();
    let read = 0;
    async function* content() {
      read++;
      yield CONTENT;
    }
    await expect(
      spool(content(), { folder, expected: Number.MAX_SAFE_INTEGER }),
    ).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect([read, await readdir(folder)]).toEqual([0, []]);
  });

  it('leaves nothing when the stream fails', async () => {
    const folder = await temporaryFolder();
    async function* failing() {
      yield CONTENT;
      throw new TypeError('mine');
    }
    await expect(spool(failing(), { folder })).rejects.toThrow('mine');
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing when it is aborted', async () => {
    const folder = await temporaryFolder();
    const controller = new AbortController();
    async function* content() {
      for (;;) {
        yield CONTENT;
        controller.abort(new TypeError('stopped'));
      }
    }
    const { signal } = controller;
    await expect(spool(content(), { folder, signal })).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual([]);
  });
});
