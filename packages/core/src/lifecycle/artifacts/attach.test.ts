import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pushedImage } from '../../../testing/pushed-image.js';
import { sha256 } from '../../../testing/pushing.js';
import { withoutReferrers } from '../../../testing/served-registry.js';
import { listTags } from '../remote/list-registry.js';
import { attach } from './attach.js';
import { pullArtifact } from './pull-artifact.js';
import { referrerTree } from './referrer-tree.js';

const SPDX = 'application/spdx+json';

it.each([
  ['the referrers API', undefined, []],
  ['the referrers tag', withoutReferrers, [expect.stringMatching(/^sha256-/) as string]],
])('attaches a file, shows it, and pulls it again: %s', async (_, before, tags) => {
  const { workspace, call, cwd, served, digest, reference } = await pushedImage(before);
  const options = { ...call, artifactType: SPDX, annotations: { by: 'ci' } };
  const attached = await attach(workspace, reference, ['sbom.json'], options);
  const file = { digest: sha256('{"sbom":1}'), size: 10 };
  expect(attached).toEqual({
    ...{ reference: `${served.host}/team/app@${attached.digest}`, digest: attached.digest },
    ...{ artifactType: SPDX, subject: digest, files: [{ name: 'sbom.json', ...file }] },
  });
  // The same files make the same artifact; it may have referrers itself.
  expect(await attach(workspace, reference, ['sbom.json'], options)).toEqual(attached);
  const signature = { ...call, artifactType: 'application/x-signature' };
  const nested = await attach(workspace, attached.reference, ['sbom.json'], signature);
  expect((await listTags(workspace, `${served.host}/team/app`, call)).tags).toEqual([
    '1',
    ...tags,
    ...tags,
  ]);
  expect(await referrerTree(workspace, reference, call)).toMatchObject({
    ...{ reference, digest, artifactType: null, manifests: [] },
    referrers: [
      {
        ...{ digest: attached.digest, artifactType: SPDX, annotations: { by: 'ci' } },
        referrers: [{ digest: nested.digest, referrers: [] }],
      },
    ],
  });
  const path = join(cwd, 'out/sbom.json');
  const pulled = { ...call, output: 'out', artifactType: SPDX };
  expect(await pullArtifact(workspace, reference, { ...pulled, dryRun: true })).toEqual({
    ...{ reference: attached.reference, artifactType: SPDX, files: [{ path, ...file }] },
  });
  await pullArtifact(workspace, reference, pulled);
  expect(await readFile(path, 'utf8')).toBe('{"sbom":1}');
  const again = { ...call, output: 'out' };
  await expect(pullArtifact(workspace, attached.reference, again)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  await pullArtifact(workspace, attached.reference, { ...again, force: true });
});

it('refuses what cannot be attached, and plans in a dry run', async () => {
  const { workspace, call, cwd, served, reference } = await pushedImage();
  const refused = async (files: readonly string[], artifactType: string) =>
    attach(workspace, reference, files, { ...call, artifactType });
  await expect(refused(['sbom.json'], 'sbom')).rejects.toMatchObject({ code: 'USAGE' });
  await expect(refused(['absent'], SPDX)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(refused(['.'], SPDX)).rejects.toMatchObject({ code: 'USAGE' });
  await mkdir(join(cwd, 'b'));
  await writeFile(join(cwd, 'b/sbom.json'), '');
  await expect(refused(['sbom.json', 'b/sbom.json'], SPDX)).rejects.toMatchObject({
    code: 'USAGE',
  });
  served.requests.length = 0;
  const dry = { ...call, artifactType: SPDX, dryRun: true };
  expect(await attach(workspace, reference, ['sbom.json'], dry)).toMatchObject({
    artifactType: SPDX,
  });
  expect(served.requests.filter((each) => /^P/.test(each))).toEqual([]);
});
