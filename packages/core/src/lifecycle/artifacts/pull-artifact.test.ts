import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pushedImage } from '../../../testing/pushed-image.js';
import { described } from '../../../testing/pushing.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { MediaType } from '../../oci/media-types.js';
import { TITLE, attach } from './attach.js';
import { pullArtifact } from './pull-artifact.js';

const SPDX = 'application/spdx+json';

it.each([
  ['../x', 'leads out of this folder'],
  ['../out', 'has the name of this folder'],
  ['/tmp/x', 'leads out of this folder'],
  ['link/x', 'symbolic link'],
  ['.', 'has the name of this folder'],
])('writes no file named %s', async (title, message) => {
  const { workspace, call, cwd, served } = await pushedImage();
  await served.pushBlob('a', 'evil');
  await served.pushBlob('a', '{}');
  await served.putManifest('a', '1', {
    ...{ schemaVersion: 2, mediaType: MediaType.manifest, artifactType: 'text/x' },
    config: described(MediaType.empty, '{}'),
    layers: [{ ...described('text/x', 'evil'), annotations: { [TITLE]: title } }],
  });
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
