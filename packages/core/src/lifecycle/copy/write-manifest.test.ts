import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { sha256 } from '../../../testing/pushing.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { parseDestination } from '../../location.js';
import { copyImages } from './copy-images.js';
import { readTransferManifest } from './transfer-manifest.js';
import { filesOf, requireManifestPlace, writeTransferManifest } from './write-manifest.js';

async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  const path = join(cwd, 'x.tar');
  const [one, two] = [await storeWith('one:1'), await storeWith('two:1', { seed: 'two' })];
  await writeArchiveOf(path, one, two);
  const locate = (text: string) => parseDestination(text, { ...workspace, cwd });
  const { digest } = (await one.resolve()).descriptor;
  return { workspace, call, cwd, path, locate, digest };
}

describe('the manifest of a transfer', () => {
  it('lists what is there, and where it came from as far as that is known', async () => {
    const { workspace, call, path, locate, digest } = await start();
    const written = [{ source: 'docker://r.example/one:1', digest }];
    await writeTransferManifest(workspace, await locate('x.tar'), written, call);
    const manifest = await readTransferManifest(path);
    const bytes = await readFile(path);
    expect(manifest?.files).toEqual([
      { name: 'x.tar', size: bytes.byteLength, sha256: sha256(bytes).slice('sha256:'.length) },
    ]);
    expect(manifest?.images.map(({ reference, source }) => [reference, source])).toEqual([
      ['docker.io/library/one:1', 'docker://r.example/one:1'],
      ['docker.io/library/two:1', null],
    ]);
    const text = await readFile(`${path}.manifest.txt`, 'utf8');
    expect(text).toMatch(/^x\.tar: 2 images, written by stowage/);
    for (const line of ['docker.io/library/one:1', 'it was there before', 'not stated'])
      expect(text).toContain(line);
  });

  it('escapes text of others for people', async () => {
    const { workspace, call, path, locate, digest } = await start();
    const written = [{ source: 'x\u001b[31m', digest }];
    await writeTransferManifest(workspace, await locate('x.tar'), written, call);
    expect(await readFile(`${path}.manifest.txt`, 'utf8')).not.toContain('\u001b');
  });

  it.each(['-', 'store:app:1', 'docker://r.example/app:1'])('is not beside %s', async (to) => {
    const { locate } = await start();
    const location = await locate(to);
    expect(() => requireManifestPlace(location)).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });

  it.each(['x.tar', 'oci:layout'])('is beside %s', async (to) => {
    const { locate } = await start();
    const location = await locate(to);
    expect(() => requireManifestPlace(location)).not.toThrow();
  });
});

it('the files of an archive in parts are its parts', async () => {
  const { workspace, call, cwd } = await start();
  await mkdir(join(cwd, 'parts'));
  const stdout = () => Promise.reject(new Error('to a file'));
  const options = { ...call, stdout, all: true, split: '4KB' };
  await copyImages(workspace, 'x.tar', 'parts/x.tar', options);
  const files = await filesOf(join(cwd, 'parts/x.tar'));
  expect(files.length).toBeGreaterThan(2);
  for (const { name, size, sha256: sum } of files) {
    const bytes = await readFile(join(cwd, 'parts', name));
    expect([size, `sha256:${sum}`]).toEqual([bytes.byteLength, sha256(bytes)]);
  }
});
