import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkspace } from '@stowage/core';
import { serve } from '@stowage/core/registry';
import { NAME, savedLine } from '../../testing/stowage.js';

/** A command line with the folder `registry` of a registry that has one image. */
async function filled() {
  const line = await savedLine();
  const { cwd } = line;
  const serving = await serve(await openWorkspace(cwd), [], { cwd, root: 'registry' });
  await line.said(`push ${NAME} --to ${new URL(serving.url).host}`);
  await serving[Symbol.asyncDispose]();
  const blobs = join(cwd, 'registry/blobs/sha256');
  return { ...line, blobs };
}

describe('stowage gc', () => {
  it('deletes blobs that nothing needs, in a dry run none', async () => {
    const { said, json } = await filled();
    expect(await said('gc --root registry --grace 0s')).toMatch(
      /^0 blobs and 0 uploads deleted, 0 B\n$/,
    );
    expect(await said('gc --root registry --dry-run')).toContain('would be deleted');
    expect(await json('gc --root registry')).toMatchObject({ blobs: [], uploads: 0 });
  });

  it('exits 3 without a folder', async () => {
    expect((await (await savedLine()).stowage('gc --root absent')).code).toBe(3);
  });
});

describe('stowage scrub', () => {
  it('verifies all blobs, and exits 4 for a damaged one', async () => {
    const { said, stowage, blobs } = await filled();
    expect(await said('scrub --root registry')).toMatch(/^3 blobs, .*, 0 damaged\n$/);
    const [blob = ''] = await readdir(blobs);
    await writeFile(join(blobs, blob), 'damaged');
    const { code, stdout } = await stowage('scrub --root registry');
    expect(code).toBe(4);
    expect(stdout).toMatch(new RegExp(`^sha256:${blob} {2}damaged; needed by library/${NAME}`));
  });
});

describe('stowage import', () => {
  it('takes the images of a layout, and exits 4 for those that it skips', async () => {
    const { said, stowage, json } = await savedLine();
    await said(`copy ${NAME} oci:layout`);
    expect(await said('import layout --root mine')).toMatch(
      /^1 repositories, 1 tags, 1 manifests; .* blobs linked, .* copied, /,
    );
    expect(await json('ls --root mine')).toMatchObject({ images: [{ tags: ['latest'] }] });
    expect((await stowage('import absent --root mine')).code).toBe(3);
  });
});

describe('stowage htpasswd', () => {
  it('adds a user, and changes the password of one', async () => {
    const { said, cwd } = await savedLine();
    const path = join(cwd, 'users');
    expect(await said('htpasswd users ada', { stdin: 'secret\n' })).toMatch(/: added ada\n$/);
    const before = await readFile(path, 'utf8');
    expect(before).toMatch(/^ada:\$2[aby]\$/);
    expect(before).not.toContain('secret');
    expect(await said('htpasswd users ada', { stdin: 'other' })).toMatch(
      /: changed the password of ada\n$/,
    );
    expect(await readFile(path, 'utf8')).not.toBe(before);
  });

  it('exits 2 for a name that is none', async () => {
    const { stowage } = await savedLine();
    expect((await stowage('htpasswd users a:b', { stdin: 'x' })).code).toBe(2);
  });
});
