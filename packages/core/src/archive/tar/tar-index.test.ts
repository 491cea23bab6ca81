import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { readAll } from '../../transfer/verified.js';
import { indexTar } from './tar-index.js';
import { packTar } from './pack-tar.js';

interface Member {
  readonly name: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link';
  readonly linkname?: string;
  readonly size?: number;
  readonly pax?: Record<string, string>;
  readonly body?: string;
}

/** A tar as another program writes it. */
async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  for (const { body = '', ...header } of members) tar.entry(header, body);
  tar.finalize();
  return Buffer.from(await readAll(tar, Infinity));
}

function index(bytes: Buffer) {
  return indexTar(async (at, length) => bytes.subarray(at, at + length), bytes.byteLength);
}

describe('the index of a tar', () => {
  it('lists files by path without ./, and omits folders', async () => {
    const bytes = await tarOf([
      { name: './', type: 'directory' },
      { name: './a', body: 'hello' },
      { name: 'b/c', body: '' },
    ]);
    const entries = await index(bytes);
    expect([...entries.keys()]).toEqual(['a', 'b/c']);
    const a = entries.get('a');
    expect(a?.type === 'file' && bytes.toString('utf8', a.offset, a.offset + a.size)).toBe('hello');
  });

  it('gives the targets of hard and symbolic links', async () => {
    const entries = await index(
      await tarOf([
        { name: 'x/layer.tar', body: 'l' },
        { name: 'y/layer.tar', type: 'symlink', linkname: '../x/layer.tar' },
        { name: 'z', type: 'link', linkname: './x/layer.tar' },
      ]),
    );
    expect(entries.get('y/layer.tar')).toEqual({ type: 'link', target: 'x/layer.tar' });
    expect(entries.get('z')).toEqual({ type: 'link', target: 'x/layer.tar' });
  });

  it('reads pax names, sizes and links', async () => {
    const long = `${'deep/'.repeat(60)}file-é`;
    const entries = await index(
      await tarOf([{ name: long, body: 'x', pax: { path: long, size: '1' } }]),
    );
    expect([...entries.keys()]).toEqual([long]);
  });

  it('reads sizes past 8 GiB without reading bodies', async () => {
    const size = 9 * 1024 ** 3;
    const header = (await tarOf([{ name: 'huge', size: 0, body: '' }])).subarray(0, 512);
    const block = Buffer.from(header);
    block[124] = 0x80;
    block.fill(0, 125, 128);
    block.writeBigUInt64BE(BigInt(size), 128);
    block.write('        ', 148);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const reads: number[] = [];
    const entries = await indexTar(async (at, length) => {
      reads.push(length);
      return at === 0 ? block : Buffer.alloc(length);
    }, size + 2048);
    expect(entries.get('huge')).toEqual({ type: 'file', offset: 512, size });
    expect(reads.reduce((sum, each) => sum + each)).toBeLessThan(2048);
  });

  it.each([
    [
      'a symbolic link that leaves the archive',
      { name: 'a/b', type: 'symlink' as const, linkname: '../../etc/passwd' },
    ],
    ['an absolute symbolic link', { name: 'a', type: 'symlink' as const, linkname: '/etc/passwd' }],
    ['an absolute hard link', { name: 'a', type: 'link' as const, linkname: '/etc/passwd' }],
  ])('refuses %s', async (_what, member) => {
    await expect(index(await tarOf([member]))).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('accepts a repeated member with equal content and refuses one with other content', async () => {
    const one = { name: 'a', body: 'x'.repeat(700) };
    const link = (linkname: string) => ({ name: 'b', type: 'symlink' as const, linkname });
    expect([...(await index(await tarOf([one, one, link('a'), link('a')]))).keys()]).toEqual([
      'a',
      'b',
    ]);
    for (const other of [
      { name: 'a', body: 'y'.repeat(700) },
      { name: './a', body: 'x' },
      { name: 'a', type: 'link' as const, linkname: 'b' },
    ])
      await expect(index(await tarOf([one, other]))).rejects.toMatchObject({ code: 'INVALID' });
  });

  it.each<[string, Member, (block: Buffer) => void]>([
    ['GNU tar', { name: 'layer.tar', body: 'x' }, (block) => block.write('S', 156)],
    [
      'pax',
      { name: 'x', body: 'x', pax: { 'GNU.sparse.major': '1', 'GNU.sparse.name': 'layer.tar' } },
      () => undefined,
    ],
  ])('refuses a sparse file of %s', async (_what, member, change) => {
    const bytes = await tarOf([member]);
    change(bytes);
    bytes.write('        ', 148);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(index(bytes)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message:
        'tar: "layer.tar" is stored without its holes (a sparse file), which is not supported',
    });
  });

  it('omits devices', async () => {
    const device = pack();
    device.entry({ name: 'blobs/sha256/x', type: 'character-device', devmajor: 1, devminor: 5 });
    device.finalize();
    expect((await index(Buffer.from(await readAll(device, Infinity)))).size).toBe(0);
  });

  it('refuses more members than the limit', async () => {
    const bytes = await tarOf([{ name: 'a' }, { name: 'b' }]);
    const read = async (at: number, length: number) => bytes.subarray(at, at + length);
    const limits = { ...DEFAULT_LIMITS, members: 1 };
    await expect(indexTar(read, bytes.byteLength, limits)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('finds every member that packTar wrote', async () => {
    const name = fc.stringMatching(/^[a-z]{1,9}(\/[a-zé-]{1,60}){0,4}$/);
    const members = fc.uniqueArray(fc.record({ name, body: fc.uint8Array({ maxLength: 1500 }) }), {
      selector: (each) => each.name,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(members, async (all) => {
        const packed = packTar(
          all.map(({ name: each, body }) => ({
            name: each,
            size: body.byteLength,
            open: () => [body],
          })),
        );
        const bytes = Buffer.from(await readAll(packed, Infinity));
        const entries = await index(bytes);
        expect([...entries.keys()]).toEqual(all.map((each) => each.name));
        for (const { name: each, body } of all) {
          const entry = entries.get(each);
          expect(
            entry?.type === 'file' && bytes.subarray(entry.offset, entry.offset + entry.size),
          ).toEqual(Buffer.from(body));
        }
      }),
      { numRuns: 60 },
    );
  });
});
