import { describe, expect, it } from 'vitest';
import { ARCHIVE, NAME, savedLine } from '../../testing/stowage.js';

describe('stowage convert', () => {
  it('prints both digests, or that nothing changed', async () => {
    const { said, json } = await savedLine();
    const text = await said(`convert ${ARCHIVE} packed.tar --compress gzip --level 9`);
    expect(text).toMatch(/converted to packed\.tar \(.*\)\n {2}sha256:\w+ -> sha256:\w+\n$/);
    expect(await said(`convert ${ARCHIVE} same.tar --format oci`)).toMatch(/ \(unchanged\)\n$/);
    expect(await json(`convert ${NAME} zstd.tar --compress zstd`)).toMatchObject({
      results: [{ destination: 'zstd.tar' }],
    });
  });

  it('does not overwrite an archive without --force', async () => {
    const { stowage, said } = await savedLine();
    await said(`convert ${ARCHIVE} x.tar --compress gzip`);
    expect((await stowage(`convert ${ARCHIVE} x.tar --compress zstd`)).code).toBe(8);
    await said(`convert ${ARCHIVE} x.tar --compress zstd --force`);
  });

  it.each(['0', '20', 'x', '1.5'])('refuses the level %s', async (level) => {
    const { stowage } = await savedLine();
    const converting = stowage(`convert ${ARCHIVE} x.tar --compress zstd --level ${level}`);
    await expect(converting).rejects.toThrow('Give a whole number from 1 to 19');
  });

  it('exits 2 for a platform that is none', async () => {
    const { stowage } = await savedLine();
    expect((await stowage(`convert ${ARCHIVE} x.tar --platform linux/`)).code).toBe(2);
  });
});
