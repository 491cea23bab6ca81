import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pushedImage } from '../../../testing/pushed-image.js';
import { described } from '../../../testing/pushing.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { MediaType } from '../../oci/media-types.js';
import { TITLE, attach } from './attach.js';
import { pullArtifact } from './pull-artifact.js';

const SPDX = 'application/spdx+json';

/** Pushes an artifact with files of these names. */
async function pushedArtifact(titles: readonly string[]) {
  const { served, ...pushed } = await pushedImage();
  for (const content of ['{}', ...titles]) await served.pushBlob('a', content);
  const layers = titles.map((title) => ({
    ...described('text/x', title),
    annotations: { [TITLE]: title },
  }));
  await served.putManifest('a', '1', {
    ...{ schemaVersion: 2, mediaType: MediaType.manifest, artifactType: 'text/x' },
    config: described(MediaType.empty, '{}'),
    layers,
  });
  return { served, ...pushed };
}

it.each([
  ['../x', 'leads out of this folder'],
  ['../out', 'has the name of this folder'],
  ['/tmp/x', 'leads out of this folder'],
  ['link/x', 'symbolic link'],
  ['.', 'has the name of this folder'],
])('writes no file named %s', async (title, message) => {
  const { workspace, call, cwd, served } = await pushedArtifact([title]);
  const outside = await temporaryFolder();
  await mkdir(join(cwd, 'out'));
  await symlink(outside, join(cwd, 'out/link'));
  const pulling = pullArtifact(workspace, `${served.host}/a:1`, { ...call, output: 'out' });
  await expect(pulling).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining(message) as string,
  });
  expect(await readdir(outside)).toEqual([]);
});

it('names the types that there are, and asks which of several is meant', async () => {
  const { workspace, call, cwd, reference } = await pushedImage();
  await attach(workspace, reference, ['sbom.json'], { ...call, artifactType: SPDX });
  const pull = (artifactType: string) =>
    pullArtifact(workspace, reference, { ...call, artifactType });
  await expect(pull('text/none')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: `${reference}: no artifact of the type text/none; the types are: ${SPDX}`,
  });
  await writeFile(join(cwd, 'other.json'), '');
  await attach(workspace, reference, ['other.json'], { ...call, artifactType: SPDX });
  await expect(pull(SPDX)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
});

it.each([
  ['README', 'readme'],
  ['caf\u00e9', 'cafe\u0301'],
])('writes nothing if %s and %s are one file on the file system', async (...titles) => {
  const { workspace, call, cwd, served } = await pushedArtifact(titles);
  await mkdir(join(cwd, 'out'));
  const pull = () => pullArtifact(workspace, `${served.host}/a:1`, { ...call, output: 'out' });
  // A file system that ignores case finds the folder by this name, too.
  await symlink('out', join(cwd, 'OUT'));
  await expect(pull()).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('are one file on this file system') as string,
  });
  expect(await readdir(join(cwd, 'out'))).toEqual([]);
  await rm(join(cwd, 'OUT'));
  expect((await pull()).files).toHaveLength(2);
  expect((await readdir(join(cwd, 'out'))).sort()).toEqual([...titles].sort());
});

it('refuses a name that occurs twice', async () => {
  const { workspace, call, served } = await pushedArtifact(['x', 'x']);
  await expect(pullArtifact(workspace, `${served.host}/a:1`, call)).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('two files have the same name') as string,
  });
});
