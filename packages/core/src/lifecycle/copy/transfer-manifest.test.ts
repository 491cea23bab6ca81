import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { verify } from '../inspect/verify.js';
import { copyImages } from './copy-images.js';
import { readTransferManifest } from './transfer-manifest.js';

/** A folder `medium` with the set `all.tar` of two images and its manifest. */
async function setUp() {
  const { workspace, call, cwd } = await workspaceOf();
  const [one, two] = [
    await storeWith('one:1', { layers: 2 }),
    await storeWith('two:1', { layers: 3, seed: 'two' }),
  ];
  await writeArchiveOf(join(cwd, 'both.tar'), one, two);
  await writeArchiveOf(join(cwd, 'one.tar'), one);
  const stdout = () => Promise.reject(new Error('to a file'));
  const options = { ...call, stdout, all: true, manifest: true };
  await copyImages(workspace, 'both.tar', 'medium/all.tar', { ...options, split: '4KB' });
  const medium = join(cwd, 'medium');
  const check = async () => {
    const results = await verify(workspace, ['medium'], { ...call, manifest: true });
    return results.map(({ location, problems }) => [
      location,
      ...problems.map(({ code, message }) => `${code} ${message}`),
    ]);
  };
  return { workspace, call, cwd, options, medium, check };
}

it('lists images with source, digest, size, date and parts, and each file with its checksum', async () => {
  const { medium, check } = await setUp();
  const manifest = await readTransferManifest(join(medium, 'all.tar'));
  const parts = (await readdir(medium)).filter((name) => /\.[0-9]{3}$/.test(name));
  expect(parts.length).toBeGreaterThan(2);
  expect(manifest).toMatchObject({ manifestVersion: 1, name: 'all.tar' });
  expect(manifest?.tool).toMatch(/^stowage/);
  expect(manifest?.files.map(({ name }) => name)).toEqual(parts);
  const names = ['one', 'two'].map((name) => `docker.io/library/${name}:1`);
  expect(manifest?.images.map(({ reference }) => reference)).toEqual(names);
  for (const { source, size, files } of manifest?.images ?? []) {
    expect(source).toBe('both.tar');
    expect(size).toBeGreaterThan(0);
    expect(parts).toEqual(expect.arrayContaining([...files]));
  }
  const text = await readFile(join(medium, 'all.tar.manifest.txt'), 'utf8');
  for (const each of [...names, ...parts, manifest?.images[0]?.digest])
    expect(text).toContain(each);
  expect(await check()).toEqual([['medium/all.tar']]);
});

it('names what is missing, and what is not listed', async () => {
  const { medium, check, workspace, options, cwd } = await setUp();
  // The set is replaced by one without the second image.
  await copyImages(workspace, 'one.tar', 'medium/all.tar', {
    ...options,
    manifest: false,
    force: true,
  });
  const [[, ...problems] = []] = await check();
  expect(problems).toContainEqual(
    expect.stringMatching(
      /^INCOMPLETE docker\.io\/library\/two:1: missing: all\.tar\.manifest\.json lists it$/,
    ),
  );
  expect(problems).toContainEqual(expect.stringMatching(/^INCOMPLETE all\.tar\.008: missing/));
  await copyImages(workspace, 'one.tar', 'medium/extra.tar', { ...options, manifest: false });
  expect(await check()).toContainEqual([
    'medium/extra.tar',
    'NOT_FOUND extra.tar: not listed: extra.tar.manifest.json does not exist',
  ]);
  await copyImages(workspace, 'one.tar', 'medium/extra.tar', { ...options, force: true });
  await rename(join(cwd, 'both.tar'), join(medium, 'extra.tar'));
  expect((await check()).find(([location]) => location === 'medium/extra.tar')).toContainEqual(
    expect.stringMatching(/^INVALID docker\.io\/library\/two:1: not listed/),
  );
  await rm(join(medium, 'extra.tar'));
  expect(await check()).toContainEqual([
    'medium/extra.tar',
    'INCOMPLETE extra.tar: missing: extra.tar.manifest.json lists it',
  ]);
});

it('names the archive that is missing where no other is', async () => {
  const { medium, check } = await setUp();
  for (const name of await readdir(medium))
    if (!name.includes('manifest')) await rm(join(medium, name));
  expect(await check()).toEqual([
    ['medium/all.tar', 'INCOMPLETE all.tar: missing: all.tar.manifest.json lists it'],
  ]);
});

it.each(['{', '[]', '{"manifestVersion":1}', '{"manifestVersion":2}'])(
  'a manifest %j is refused',
  async (text) => {
    const { medium, check } = await setUp();
    await writeFile(join(medium, 'all.tar.manifest.json'), text);
    const [[, problem] = []] = await check();
    expect(problem).toMatch(
      /^INVALID .*all\.tar\.manifest\.json: not (a valid manifest of a transfer: |valid JSON)/,
    );
  },
);

it('writes none beside a pipe', async () => {
  const { workspace, options } = await setUp();
  await expect(copyImages(workspace, 'one.tar', '-', options)).rejects.toMatchObject({
    code: 'USAGE',
  });
});
