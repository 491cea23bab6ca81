import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../testing/chunks.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { GrowingFile } from './growing-file.js';

async function growing(text = '') {
  const path = join(await temporaryFolder(), 'x');
  await writeFile(path, text);
  const handle = await open(path, 'r+');
  const file = new GrowingFile(handle, text.length);
  let size = text.length;
  const append = async (more: string) => {
    await handle.write(more, size);
    file.grow((size += more.length));
  };
  return { handle, file, append };
}

/** Whether a promise is still pending after the others have had their turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  return Promise.race([promise.then(() => false), Promise.resolve(true)]);
}

describe('a growing file', () => {
  it('is read while it is written, the last byte when it is complete', async () => {
    const { file, append } = await growing('ab');
    const reader = file.read({ end: 6 })[Symbol.asyncIterator]();
    expect(String((await reader.next()).value)).toBe('ab');
    await append('cdef');
    expect(String((await reader.next()).value)).toBe('cde');
    const last = reader.next();
    expect(await isPending(last)).toBe(true);
    await file.complete();
    expect(String((await last).value)).toBe('f');
    expect((await reader.next()).done).toBe(true);
  });

  it('is read to an end that nobody knows', async () => {
    const { file, append } = await growing();
    const reading = collect(file.read());
    await append('abc');
    expect(await isPending(reading)).toBe(true);
    await file.complete();
    expect(await reading).toBe('abc');
  });

  it('holds back the last byte of a part, too, until it is complete', async () => {
    const { file, append } = await growing('abcdef');
    const [inside, later] = [
      collect(file.read({ start: 1, end: 3 })),
      collect(file.read({ start: 6, end: 8 })),
    ];
    await append('ghij');
    expect(await isPending(inside)).toBe(true);
    await file.complete();
    expect(await Promise.all([inside, later])).toEqual(['bc', 'gh']);
  });

  it('that fails fails for all readers, now and later', async () => {
    const { file, handle } = await growing('ab');
    const reading = collect(file.read({ end: 9 }));
    reading.catch(() => undefined);
    await file.fail(new TypeError('gone'));
    await expect(reading).rejects.toThrow('gone');
    expect(handle.fd).toBe(-1);
  });

  it('that ends early is CORRUPT', async () => {
    const { file } = await growing('ab');
    const reading = collect(file.read({ end: 9 }));
    reading.catch(() => undefined);
    await isPending(reading);
    await file.complete();
    await expect(reading).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('is closed when it has ended and no one reads it', async () => {
    const { file, handle } = await growing('ab');
    const reader = file.read()[Symbol.asyncIterator]();
    await reader.next();
    await file.complete();
    expect(handle.fd).toBeGreaterThanOrEqual(0);
    await reader.return?.();
    expect(handle.fd).toBe(-1);
  });
});
