import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../../testing/chunks.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { readAll } from '../../transfer/verified.js';
import { packTar, type TarMember } from './pack-tar.js';
import { readTarHeaders } from './read-tar-headers.js';

const empty = { size: 0, open: () => [] };

async function headersOf(members: readonly TarMember[]) {
  const tar = await readAll(packTar(members), Infinity);
  expect(tar.byteLength % 512).toBe(0);
  const headers = [];
  for await (const header of readTarHeaders(inChunks(tar, 1000), DEFAULT_LIMITS))
    headers.push(header);
  return headers;
}

describe('a packed tar', () => {
  it('has the name, type, mode and owner of each member', async () => {
    const headers = await headersOf([
      { ...empty, name: 'd/', type: 'directory', mode: 0o755, uid: 7, gid: 8 },
      { name: 'd/a', size: 5, open: () => [Buffer.from('hello')], mode: 0o4755 },
      { ...empty, name: 'l', type: 'symlink', linkname: 'd/a', mode: 0o777 },
      { ...empty, name: 'zero', mode: 0 },
    ]);
    expect(headers).toMatchObject([
      { name: 'd/', type: 'folder', mode: 0o755, uid: 7, gid: 8 },
      { name: 'd/a', type: 'file', mode: 0o4755, uid: 0, gid: 0 },
      { name: 'l', type: 'symlink', link: 'd/a' },
      { name: 'zero', mode: 0 },
    ]);
  });

  it('has long names and large owners', async () => {
    const name = `${'d/'.repeat(150)}file-é`;
    const headers = await headersOf([
      { ...empty, name, uid: 0o777777, gid: 0 },
      { ...empty, name: 'b', uid: 0o1000000, gid: 4_294_967_294 },
    ]);
    expect(headers).toMatchObject([
      { name, uid: 0o777777 },
      { name: 'b', uid: 0o1000000, gid: 4_294_967_294 },
    ]);
  });

  it('is the same at any time, for the members in their order', async () => {
    const member = (name: string): TarMember => ({ ...empty, name });
    const pack = (...names: string[]) => collect(packTar(names.map(member)));
    expect(await pack('a', 'b')).toBe(await pack('a', 'b'));
    expect(await pack('a', 'b')).not.toBe(await pack('b', 'a'));
    const tar = await readAll(packTar([{ ...empty, name: 'a', mtime: 8 }]), Infinity);
    expect(Buffer.from(tar.subarray(136, 147)).toString()).toBe('00000000010');
  });

  it('of nothing is two empty blocks', async () => {
    expect(await readAll(packTar([]))).toEqual(Buffer.alloc(1024));
  });

  it('opens a member only when it is its turn', async () => {
    const events: string[] = [];
    async function* members(): AsyncIterable<TarMember> {
      for (const name of ['a', 'b']) {
        events.push(`give ${name}`);
        yield {
          name,
          size: 1,
          open: () => {
            events.push(`open ${name}`);
            return [Buffer.from('x')];
          },
        };
      }
    }
    await readAll(packTar(members()));
    expect(events).toEqual(['give a', 'open a', 'give b', 'open b']);
  });

  it.each([
    [
      'content that fails',
      async function* () {
        yield Buffer.from('x');
        throw new TypeError('mine');
      },
    ],
    ['content that is too short', () => [Buffer.from('x')]],
    ['content that is too long', () => [Buffer.alloc(3000)]],
  ])('of %s is an error', async (_what, open) => {
    await expect(readAll(packTar([{ name: 'a', size: 2000, open }]), Infinity)).rejects.toThrow();
  });

  it('ends with an error of the list of members', async () => {
    async function* members(): AsyncIterable<TarMember> {
      yield { ...empty, name: 'a' };
      throw new TypeError('mine');
    }
    await expect(readAll(packTar(members()))).rejects.toThrow('mine');
  });

  it('that is not read to the end raises no error elsewhere, and closes what it reads', async () => {
    let isClosed = false;
    async function* open(): AsyncIterable<Uint8Array> {
      try {
        for (let at = 0; at < 1 << 8; at++) yield Buffer.alloc(1 << 16);
      } finally {
        isClosed = true;
      }
    }
    for await (const chunk of packTar([{ name: 'a', size: 1 << 24, open }])) {
      expect(isClosed).toBe(false);
      // The header comes first, before the content is opened.
      if (chunk.byteLength === 1 << 16) break;
    }
    expect(isClosed).toBe(true);
  });
});

describe('members that are read whole', () => {
  const text = (name: string, content: string): TarMember => ({
    name,
    size: content.length,
    open: () => [Buffer.from(content)],
  });
  const whole = (member: TarMember): TarMember => ({
    ...member,
    read: (into) => void Buffer.concat([...(member.open() as Iterable<Buffer>)]).copy(into),
  });

  it('give the same bytes as members that are streamed', async () => {
    const members = Array.from({ length: 3000 }, (_, at) => text(`d/${at}`, 'x'.repeat(at)));
    const streamed = await readAll(packTar(members), Infinity);
    const packed = await readAll(packTar(members.map(whole)), Infinity);
    expect(Buffer.compare(packed, streamed)).toBe(0);
    const mixed = members.map((member, at) => (at % 3 === 0 ? whole(member) : member));
    expect(Buffer.compare(await readAll(packTar(mixed), Infinity), streamed)).toBe(0);
  });

  it('may be larger than a chunk', async () => {
    const large = text('a', 'y'.repeat(3 << 20));
    const small = text('b', 'z');
    const streamed = await readAll(packTar([small, large, small]), Infinity);
    const packed = packTar([small, large, small].map(whole));
    expect(Buffer.compare(await readAll(packed, Infinity), streamed)).toBe(0);
  });

  it('are in few chunks, and let timers run between them', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    let chunks = 0;
    const members = Array.from({ length: 5000 }, (_, at) => whole(text(`${at}`, 'x'.repeat(600))));
    for await (const _ of packTar(members)) chunks++;
    clearInterval(timer);
    expect(chunks).toBeLessThan(12);
    expect(turns).toBeGreaterThan(0);
  });

  it('that cannot be read are an error', async () => {
    const broken: TarMember = {
      ...text('a', 'x'),
      read: () => {
        throw new TypeError('mine');
      },
    };
    await expect(readAll(packTar([whole(text('b', 'y')), broken]))).rejects.toThrow('mine');
  });
});
