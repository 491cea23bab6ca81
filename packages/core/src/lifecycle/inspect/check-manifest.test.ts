import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { openArchive } from '../../archive/open-archive.js';
import { copyImages } from '../copy/copy-images.js';
import type { TransferManifest } from '../copy/transfer-manifest.js';
import { checkManifest, missingArchives } from './check-manifest.js';

/** An archive of `one:1` with its manifest, and a function that checks it after its manifest was edited. */
async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  const folder = join(cwd, 'medium');
  await mkdir(folder);
  await writeArchiveOf(join(cwd, 'one.tar'), await storeWith('one:1'));
  const stdout = () => Promise.reject(new Error('to a file'));
  const path = join(folder, 'all.tar');
  await copyImages(workspace, 'one.tar', path, { ...call, stdout, manifest: true });
  const file = `${path}.manifest.json`;
  const edit = async (change: (manifest: TransferManifest) => Partial<TransferManifest>) => {
    const manifest = JSON.parse(await readFile(file, 'utf8')) as TransferManifest;
    await writeFile(file, JSON.stringify({ ...manifest, ...change(manifest) }));
  };
  const check = async () => {
    await using source = (await openArchive(path)).source;
    const { problems } = await checkManifest(path, source);
    return problems.map(
      ({ code, message }) => `${code} ${message.replace(/: it (?:has|is) .*/s, '')}`,
    );
  };
  return { folder, path, file, edit, check };
}

const OTHER = `sha256:${'0'.repeat(64)}` as const;

describe('an archive and its manifest', () => {
  it('agree after a copy', async () => {
    const { check } = await start();
    expect(await check()).toEqual([]);
  });

  it('differ when a byte was appended', async () => {
    const { path, check } = await start();
    await appendFile(path, '\0');
    expect(await check()).toEqual(['CORRUPT all.tar']);
  });

  it.each<[string, (manifest: TransferManifest) => Partial<TransferManifest>, string[]]>([
    [
      'a file that is not there',
      ({ files }) => ({ files: [...files, { name: 'x', size: 1, sha256: '0'.repeat(64) }] }),
      ['INCOMPLETE x: missing: all.tar.manifest.json lists it'],
    ],
    [
      'no file',
      () => ({ files: [] }),
      ['INVALID all.tar: not listed: all.tar.manifest.json does not have it'],
    ],
    [
      'another image of that name',
      ({ images }) => ({ images: images.map((image) => ({ ...image, digest: OTHER })) }),
      ['CORRUPT docker.io/library/one:1'],
    ],
    [
      'no image',
      () => ({ images: [] }),
      ['INVALID docker.io/library/one:1: not listed: all.tar.manifest.json does not have it'],
    ],
    [
      'an image that is not there',
      ({ images }) => ({
        images: images.flatMap((image) => [image, { ...image, reference: null, digest: OTHER }]),
      }),
      [`INCOMPLETE ${OTHER}: missing: all.tar.manifest.json lists it`],
    ],
  ])('differ when it lists %s', async (_, change, expected) => {
    const { edit, check } = await start();
    await edit(change);
    expect(await check()).toEqual(expected);
  });

  it('differ when there is no manifest', async () => {
    const { file, check } = await start();
    await rm(file);
    expect(await check()).toEqual([
      'NOT_FOUND all.tar: not listed: all.tar.manifest.json does not exist',
    ]);
  });
});

it('archives that manifests of a folder list and that are not there are missing', async () => {
  const { folder, path } = await start();
  expect((await missingArchives(folder, new Set([path]))).size).toBe(0);
  const missing = await missingArchives(folder, new Set());
  expect([...missing.keys()]).toEqual([path]);
  expect(missing.get(path)).toMatchObject({ code: 'INCOMPLETE' });
});
