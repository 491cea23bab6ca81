import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { usedLate } from '../../testing/chunks.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { readAll } from '../transfer/verified.js';
import { packTar, type TarMember } from './tar/pack-tar.js';
import { spoolTar } from './spool-tar.js';

function counted(name: string, size: number, isSmall: boolean) {
  const count = { read: 0, opened: 0 };
  const content = Buffer.alloc(size, name);
  const member: TarMember = {
    name,
    size,
    open: () => {
      count.opened++;
      return [content];
    },
    read: isSmall
      ? (into) => {
          count.read++;
          content.copy(into);
        }
      : undefined,
  };
  return { count, member };
}

describe('a spooled tar', () => {
  it('is the same each time; small members are read once, others each time', async () => {
    const folder = await temporaryFolder();
    const all = [
      counted('a', 700, true),
      counted('b', 2_000_000, false),
      ...Array.from({ length: 2000 }, (_, at) => counted(`c${at}`, 1000, true)),
      counted('d', 3000, false),
      counted('e', 3_000_000, true),
      ...Array.from({ length: 2000 }, (_, at) => counted(`f${at}`, 1000, true)),
    ];
    const expected = await readAll(
      packTar(all.map(({ member }) => ({ ...member, read: undefined }))),
      Infinity,
    );
    for (const { count } of all) count.opened = 0;
    const seen: Buffer[] = [];
    await using tar = await spoolTar(
      all.map(({ member }) => member),
      { folder, onBytes: (chunk) => seen.push(Buffer.from(chunk)) },
    );
    expect(Buffer.compare(Buffer.concat(seen), expected)).toBe(0);
    const lent = usedLate(tar.open.lent?.() ?? tar.open());
    for (const bytes of [tar.open(), lent])
      expect(Buffer.compare(await readAll(bytes, Infinity), expected)).toBe(0);
    const [small, large] = [all[0]?.count, all[1]?.count];
    expect(small).toEqual({ read: 1, opened: 0 });
    expect(large).toEqual({ read: 0, opened: 3 });
    if (process.platform !== 'win32') expect(await readdir(folder)).toEqual([]);
  });

  it('is not made after an abort, and leaves no file', async () => {
    const folder = await temporaryFolder();
    const signal = AbortSignal.abort(new TypeError('stopped'));
    const { member } = counted('a', 1, true);
    await expect(spoolTar([member], { folder, signal, onBytes: () => undefined })).rejects.toThrow(
      'stopped',
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
