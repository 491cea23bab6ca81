import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { DEFAULT_LIMITS, type Limits } from '../../oci/limits.js';
import { readAll } from '../../transfer/verified.js';
import { packTar, type TarMember } from './pack-tar.js';
import { readTarHeaders } from './read-tar-headers.js';

async function headersOf(tar: Uint8Array, limits = DEFAULT_LIMITS, chunk = 1000) {
  async function* chunks() {
    for (let at = 0; at < tar.byteLength; at += chunk) yield tar.subarray(at, at + chunk);
  }
  const headers = [];
  for await (const { name, link, type, mode, uid, gid } of readTarHeaders(chunks(), limits))
    headers.push({ name, link, type, mode, uid, gid });
  return headers;
}

const pack = (members: readonly TarMember[]) => readAll(packTar(members), Infinity);
const empty = { size: 0, open: () => [] };

describe('the headers of a tar that streams by', () => {
  it.each([1, 511, 512, 4096])('are read in chunks of %i bytes, bodies dropped', async (chunk) => {
    const body = Buffer.alloc(1500, 1);
    const tar = await pack([
      { name: 'usr/', ...empty, type: 'directory', mode: 0o2755, uid: 5, gid: 6 },
      { name: `usr/${'long/'.repeat(60)}é`, size: body.length, mode: 0, open: () => [body] },
      { name: 'bin', ...empty, type: 'symlink', linkname: 'usr/bin', mode: 0o777 },
    ]);
    expect(await headersOf(tar, DEFAULT_LIMITS, chunk)).toEqual([
      { name: 'usr/', link: '', type: 'folder', mode: 0o2755, uid: 5, gid: 6 },
      { name: `usr/${'long/'.repeat(60)}é`, link: '', type: 'file', mode: 0, uid: 0, gid: 0 },
      { name: 'bin', link: 'usr/bin', type: 'symlink', mode: 0o777, uid: 0, gid: 0 },
    ]);
  });

  it.each<readonly [string, Partial<Limits>]>([
    ['by the reader', {}],
    ['by a limit', { members: 1 }],
  ])('close the stream when they are ended early %s', async (_, limits) => {
    const tar = await pack(['a', 'b', 'c'].map((name) => ({ name, mode: 0, ...empty })));
    let isClosed = false;
    async function* chunks() {
      try {
        for (let at = 0; at < tar.byteLength; at += 512) yield tar.subarray(at, at + 512);
      } finally {
        isClosed = true;
      }
    }
    const read = async () => {
      for await (const { name } of readTarHeaders(chunks(), { ...DEFAULT_LIMITS, ...limits }))
        if (name === 'b') break;
    };
    if (limits.members === undefined) await read();
    else await expect(read()).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(isClosed).toBe(true);
  });

  it.each<readonly [string, Partial<TarMember>]>([
    ['a name', { name: 'x\udcff' }],
    ['a long name', { name: `${'d/'.repeat(200)}\udcff` }],
    ['the target of a link', { type: 'symlink', linkname: '\udcfe/é' }],
    ['an owner over 18 bits', { uid: 262_144, gid: 4_000_000_000 }],
  ])('keep %s that tar-stream cannot write', async (_, member) => {
    const tar = await pack([
      { name: 'a', ...empty, ...member },
      { name: 'next', ...empty },
    ]);
    const [first, next] = await headersOf(tar);
    expect(first).toMatchObject({
      name: member.name ?? 'a',
      link: member.linkname ?? '',
      uid: member.uid ?? 0,
      gid: member.gid ?? 0,
    });
    expect(next).toMatchObject({ name: 'next', uid: 0 });
  });

  it.each(['gnu', 'ustar', 'pax', 'v7'])('are those that GNU tar writes as %s', async (format) => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'd'));
    chmodSync(join(folder, 'd'), 0o1777);
    writeFileSync(Buffer.from(`${folder}/d/f\xff`, 'latin1'), 'x'.repeat(600));
    symlinkSync('/d', join(folder, 'l'));
    writeFileSync(join(folder, 'sparse'), 'x');
    truncateSync(join(folder, 'sparse'), 3_000_000);
    const sparse = format === 'gnu' || format === 'pax' ? ['--sparse'] : [];
    const args = [`--format=${format}`, ...sparse, '--sort=name', '--owner=7:7', '--group=8:8'];
    const tar = execFileSync('tar', ['-C', folder, ...args, '-c', '.'], { maxBuffer: 1e9 });
    const found = await headersOf(tar);
    expect(found.map(({ name, type, link }) => [name, type, link])).toEqual([
      ['./', 'folder', ''],
      ['./d/', 'folder', ''],
      ['./d/f\udcff', 'file', ''],
      ['./l', 'symlink', '/d'],
      ['./sparse', format === 'gnu' ? 'gnu-sparse' : 'file', ''],
    ]);
    expect(found[1]).toMatchObject({ mode: 0o1777, uid: 7, gid: 8 });
  });

  it('are refused when cut short at any byte of a member', async () => {
    const tar = await pack([{ name: 'a', size: 600, open: () => [Buffer.alloc(600)] }]);
    for (let length = 1; length < 1536; length++)
      await expect(headersOf(tar.subarray(0, length))).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it.each<readonly [string, Partial<Limits>, readonly string[]]>([
    ['members', { members: 1 }, ['a', 'b']],
    ['bytes of an extended header', { headerBytes: 100 }, ['n'.repeat(150)]],
    ['characters of names', { headerBytes: 8 }, ['a'.repeat(90), 'b'.repeat(90), 'c'.repeat(90)]],
  ])('are refused over a limit for %s', async (_, limits, names) => {
    const tar = await pack(names.map((name) => ({ name, ...empty })));
    await expect(headersOf(tar, { ...DEFAULT_LIMITS, ...limits })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(await headersOf(tar)).toHaveLength(names.length);
  });

  it('are read to the end of the stream, so that all of it is verified', async () => {
    let isWhole = false;
    async function* chunks() {
      yield await pack([{ name: 'a', ...empty }]);
      yield Buffer.alloc(10_240);
      isWhole = true;
    }
    for await (const header of readTarHeaders(chunks(), DEFAULT_LIMITS))
      expect(header.name).toBe('a');
    expect(isWhole).toBe(true);
  });
});
