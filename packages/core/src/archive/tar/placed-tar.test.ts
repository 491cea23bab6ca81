import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { copy } from '../../transfer/copy.js';
import { readAll } from '../../transfer/verified.js';
import { ArchiveWriter } from '../archive-writer.js';
import { openArchive } from '../open-archive.js';
import { PlacedTar, type PlacedMember } from './placed-tar.js';

const MIB = 1024 * 1024;

function member(name: string, bytes: Uint8Array, more: Partial<PlacedMember> = {}): PlacedMember {
  return { name, size: bytes.byteLength, open: () => [bytes], ...more };
}

async function filled(...members: readonly PlacedMember[]): Promise<Buffer> {
  const path = join(await temporaryFolder(), 'x.tar');
  await writeAtomically(path, new PlacedTar(members).fill());
  return readFile(path);
}

describe('a tar that is written at its places', () => {
  it.each([
    ['no member', []],
    ['empty, small and large members', [0, 1, 511, 512, 513, 3 * MIB + 1]],
    ['many members', Array.from({ length: 300 }, (_, at) => at * 7)],
  ])('has the bytes of its stream: %s', async (_, sizes) => {
    const members = sizes.map((size, at) =>
      member(`blobs/sha512/${at}`.padEnd(60, 'x'), Buffer.alloc(size, 'a')),
    );
    members.push(member(`blobs/sha512/${'f'.repeat(128)}`, Buffer.from('long name')));
    const streamed = await readAll(new PlacedTar(members), Infinity);
    expect(Buffer.compare(streamed, await filled(...members))).toBe(0);
  });

  it('takes what is moved, and streams the rest', async () => {
    const text = (letter: string) => Buffer.alloc(MIB, letter);
    const moved: number[] = [];
    const bytes = await filled(
      member('a', text('a')),
      member('b', text('b'), {
        open: () => expect.unreachable(),
        moveTo: async ({ offset, onWritten }) => {
          moved.push(offset);
          onWritten(MIB);
          return true;
        },
      }),
      member('c', text('c'), { moveTo: async () => false }),
    );
    expect(moved).toEqual([512 + MIB + 512]);
    expect(bytes.subarray(512, 520).toString()).toBe('aaaaaaaa');
    expect(bytes.subarray(bytes.length - 1030, bytes.length - 1024).toString()).toBe('cccccc');
  });

  it.each([
    ['fewer bytes', 3, /expected 5 bytes of content, got 3/],
    ['more bytes', 9, /expected 5 bytes of content, got more/],
  ])('refuses %s than its member has, and leaves no file', async (_, size, message) => {
    const folder = await temporaryFolder();
    const wrong = { ...member('a', Buffer.alloc(size)), size: 5 };
    const writing = writeAtomically(join(folder, 'x'), new PlacedTar([wrong]).fill());
    await expect(writing).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops all members when one fails, and when it is aborted', async () => {
    const path = join(await temporaryFolder(), 'x');
    let ended = 0;
    async function* endless() {
      try {
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve));
          yield Buffer.alloc(1);
        }
      } finally {
        ended++;
      }
    }
    async function* failing() {
      yield Buffer.from('x');
      await new Promise((resolve) => setImmediate(resolve));
      throw new TypeError('mine');
    }
    const slow = { name: 'slow', size: 1e9, open: endless };
    const members = [slow, slow, { name: 'failing', size: 2, open: failing }];
    await expect(writeAtomically(path, new PlacedTar(members).fill())).rejects.toThrow('mine');
    expect(ended).toBe(2);
    const controller = new AbortController();
    const begun = {
      ...slow,
      open: () => {
        controller.abort(new TypeError('stopped'));
        return endless();
      },
    };
    const { signal } = controller;
    const aborted = writeAtomically(path, new PlacedTar([begun]).fill({ signal }));
    await expect(aborted).rejects.toThrow('stopped');
    expect(ended).toBe(3);
  });
});

describe('a copy from archive to archive', () => {
  async function archive(): Promise<string> {
    const path = join(await temporaryFolder(), 'from.tar');
    await using writer = new ArchiveWriter(path, (tar) => writeAtomically(path, tar));
    await copy(await storeWith('app:1', { layers: 2, bytes: 2 * MIB }), 'app:1', writer);
    await writer.commit();
    return path;
  }

  async function copied(from: string): Promise<{ bytes: number; path: string }> {
    const path = join(await temporaryFolder(), 'to.tar');
    await using source = (await openArchive(from)).source;
    await using writer = new ArchiveWriter(path, (tar) => writeAtomically(path, tar.fill()));
    let bytes = 0;
    await copy(source, 'app:1', writer, {
      onEvent: (event) => (bytes += event.type === 'progress' ? event.bytes : 0),
    });
    await writer.commit();
    return { bytes, path };
  }

  it('moves the layers, all of them counted as progress', async () => {
    const from = await archive();
    const { bytes, path } = await copied(from);
    expect(Buffer.compare(await readFile(from), await readFile(path))).toBe(0);
    expect(bytes).toBeGreaterThan(4 * MIB);
  });

  it('fails where a layer is damaged, as a stream does', async () => {
    const from = await archive();
    const whole = await readFile(from);
    whole[3 * MIB] = (whole[3 * MIB] ?? 0) ^ 1;
    await writeFile(from, whole);
    await expect(copied(from)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringMatching(
        /from.tar: sha256:.*expected content of that digest, got sha256:/,
      ) as string,
    });
  });
});
