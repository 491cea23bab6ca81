import { describe, expect, it } from 'vitest';
import { readAll } from '../../transfer/verified.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { packTar } from './pack-tar.js';
import { readTarHeaders } from './read-tar-headers.js';
import { encodePaxHeader } from './tar-header.js';
import { indexTar } from './tar-index.js';

const BODY = Buffer.alloc(600, 1);

/** A member with a body, and its header changed at some bytes. */
async function member(name: string, changes: Readonly<Record<number, string>> = {}) {
  const tar = Buffer.from(
    await readAll(packTar([{ name, size: BODY.length, open: () => [BODY] }]), Infinity),
  ).subarray(0, 1536);
  for (const [at, text] of Object.entries({ ...changes, 148: '        ' }))
    tar.write(text, Number(at), 'latin1');
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
}

const headerOf = async (...of: Parameters<typeof member>) => (await member(...of)).subarray(0, 512);
const octal = (size: number) => `${size.toString(8).padStart(11, '0')}\0`;

/** The names of members that have content, read in place and from a stream. */
async function namesIn(parts: readonly Uint8Array[]) {
  const tar = Buffer.concat([...parts, Buffer.alloc(1024)]);
  const read = async (at: number, length: number) => tar.subarray(at, at + length);
  const streamed: string[] = [];
  async function* chunks() {
    yield tar;
  }
  for await (const { name } of readTarHeaders(chunks(), DEFAULT_LIMITS)) streamed.push(name);
  return { indexed: [...(await indexTar(read, tar.byteLength)).keys()], streamed };
}

describe('members that are read in place and from a stream', () => {
  it.each([
    ['a hard link', '1', ['odd', 'next']],
    ['a symbolic link', '2', ['odd', 'next']],
    ['a character device', '3', ['next']],
    ['a block device', '4', ['next']],
    ['a folder', '5', ['next']],
    ['a pipe', '6', ['next']],
  ])('are found after %s whose header states a size', async (_what, type, indexed) => {
    const odd = await headerOf('odd', { 156: type, 157: 'next' });
    const expected = { indexed, streamed: ['odd', 'next'] };
    expect(await namesIn([odd, await member('next')])).toEqual(expected);
    const pax = encodePaxHeader([['size', Buffer.from('600')]]);
    const empty = await headerOf('odd', { 156: type, 157: 'next', 124: octal(0) });
    expect(await namesIn([pax, empty, await member('next')])).toEqual(expected);
  });

  it('have the size of a pax header, not the GNU long name between the two', async () => {
    const long = Buffer.alloc(512);
    long.write('a/long/name');
    const parts = [
      encodePaxHeader([['size', Buffer.from('600')]]),
      await headerOf('././@LongLink', { 156: 'L', 124: octal(12) }),
      long,
      await member('short', { 124: octal(0) }),
      await member('next'),
    ];
    const names = ['a/long/name', 'next'];
    expect(await namesIn(parts)).toEqual({ indexed: names, streamed: names });
  });
});
