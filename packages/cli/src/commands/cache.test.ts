import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, pushedLine } from '../../testing/stowage.js';

/** A command line whose cache has one image. */
async function cached() {
  const line = await pushedLine();
  await line.said(`pull ${line.image}`);
  const { path } = (await line.json('cache info')) as { readonly path: string };
  return { ...line, path };
}

describe('stowage cache', () => {
  it('is empty at first, and says how it is filled', async () => {
    const { said } = await commandLine();
    expect(await said('cache info')).toMatch(/: 0 images, 0 blobs, 0 B\n$/);
    expect(await said('cache ls')).toContain('stowage pull');
  });

  it('lists its images', async () => {
    const { said, json, image } = await cached();
    expect(await said('cache ls')).toContain(image);
    expect(await json('cache ls')).toMatchObject({ images: [{ reference: image, whole: true }] });
    expect(await said('cache info')).toMatch(/: 1 images, 3 blobs, /);
  });

  it('is verified; damaged blobs are deleted, with exit 4', async () => {
    const { said, stowage, path } = await cached();
    expect(await said('cache verify')).toMatch(/^3 blobs, .*every byte is as it should be\n$/);
    const folder = join(path, 'blobs/sha256');
    const [blob = ''] = await readdir(folder);
    await writeFile(join(folder, blob), 'damaged');
    const { code, stdout } = await stowage('cache verify');
    expect([code, stdout]).toEqual([4, `sha256:${blob}  was damaged and has been deleted\n`]);
    expect(await readdir(folder)).not.toContain(blob);
  });

  it('is purged of all or of some images, in a dry run of none', async () => {
    const { said, image } = await cached();
    expect(await said('cache purge --unused-for 30d')).toBe('0 B freed\n');
    expect(await said('cache purge --dry-run')).toBe(`${image}\n`);
    expect(await said('cache ls')).toContain(image);
    expect(await said(`cache purge ${image}`)).toMatch(new RegExp(`^${image}\n.* freed\n$`));
    expect(await said('cache ls')).toContain('Nothing yet');
  });

  it.each(['--unused-for soon', '--max-used much'])('purge %s exits 2', async (rule) => {
    const { stowage } = await commandLine();
    expect((await stowage(`cache purge ${rule}`)).code).toBe(2);
  });
});
