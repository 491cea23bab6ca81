import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { encodeMember, memberEncoder, type MemberHeader } from './tar-member.js';

const S_IFREG = 0o100000;

/** The header as tar-stream's own archive has it. */
async function byTarStream({ mode = 0o644, mtime = 0, ...member }: MemberHeader): Promise<Buffer> {
  const tar = pack();
  const header = { ...member, mode: mode | S_IFREG, mtime: new Date(mtime * 1000) };
  // Types of tar-stream know no `undefined`.
  const entry = tar.entry(
    JSON.parse(JSON.stringify(header), revive) as MemberHeader & { mtime: Date },
  );
  entry.on('error', () => undefined);
  entry.end(Buffer.alloc(member.type === 'file' ? member.size : 0));
  tar.finalize();
  const bytes = await buffer(tar);
  const padded = member.type === 'file' ? Math.ceil(member.size / 512) * 512 : 0;
  return bytes.subarray(0, bytes.byteLength - 1024 - padded);
}

function revive(key: string, value: unknown): unknown {
  return key === 'mtime' && typeof value === 'string' ? new Date(value) : value;
}

const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,20}(\/[a-z.-]{1,60}){0,5}$/),
  fc
    .string({ minLength: 1, maxLength: 120, unit: 'grapheme' })
    .filter((each) => !/[\0\udc80-\udcff]/u.test(each)),
);
const number = (max: number) => fc.integer({ min: 0, max });
const common = { name, mode: number(0o7777), uid: number(0o777777), gid: number(0o777777) };
const member: fc.Arbitrary<MemberHeader> = fc.oneof(
  fc.record({
    ...common,
    size: number(3000),
    mtime: number(2 ** 31 - 1),
    type: fc.constant('file' as const),
  }),
  fc.record({ ...common, size: fc.constant(0), type: fc.constant('directory' as const) }),
  fc.record({
    ...common,
    size: fc.constant(0),
    type: fc.constant('symlink' as const),
    linkname: name,
  }),
);

describe('the header of a member', () => {
  it('is that of tar-stream', async () => {
    await fc.assert(
      fc.asyncProperty(member, async (each) => {
        expect(Buffer.from(encodeMember(each))).toEqual(await byTarStream(each));
      }),
    );
  });

  it('is the same after any other member', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 20 }), fc.boolean(), (members, isAlike) => {
        const encode = memberEncoder();
        const [first] = members;
        for (const each of members) {
          const next = isAlike && first ? { ...first, name: each.name, size: each.size } : each;
          expect(Buffer.from(encode(next))).toEqual(Buffer.from(encodeMember(next)));
        }
      }),
    );
  });

  it.each<[string, Partial<MemberHeader>]>([
    ['a size over 8 GiB', { size: 0o77777777777 + 1 }],
    ['the largest octal size', { size: 0o77777777777 }],
    ['a large owner', { uid: 0o1000000 }],
    ['a name of 100 bytes', { name: 'x'.repeat(100) }],
    ['a name of 101 bytes', { name: `${'x'.repeat(50)}/${'x'.repeat(50)}` }],
    ['a name that is not UTF-8', { name: 'a\udcff' }],
  ])('is the same with %s', (_, more) => {
    const encode = memberEncoder();
    const plain: MemberHeader = { name: 'a', size: 1 };
    for (const each of [plain, { ...plain, ...more }, plain])
      expect(Buffer.from(encode(each))).toEqual(Buffer.from(encodeMember(each)));
  });
});
