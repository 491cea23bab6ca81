import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { described, sha256 } from '../../../testing/pushing.js';
import { servedRegistry, type Before } from '../../../testing/served-registry.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { MediaType } from '../../oci/media-types.js';
import { listTags } from '../remote/list-registry.js';
import { attach, TITLE } from './attach.js';
import { pullArtifact } from './pull-artifact.js';
import { referrerTree } from './referrer-tree.js';

const SPDX = 'application/spdx+json';

/** Answers as a registry without the referrers API. */
const withoutReferrers: Before = ({ url = '' }, response) => {
  const setHeader = response.setHeader.bind(response);
  const writeHead = response.writeHead.bind(response);
  response.setHeader = (name, value) =>
    name.toLowerCase() === 'oci-subject' ? response : setHeader(name, value);
  response.writeHead = ((status: number, headers: Record<string, string> = {}) => {
    const { 'oci-subject': _, ...others } = headers;
    return writeHead(status, others);
  }) as typeof response.writeHead;
  const refused = url.includes('/referrers/');
  if (refused) response.writeHead(404).end();
  return refused;
};

async function open(before?: Before) {
  const { workspace, call, cwd } = await workspaceOf();
  const served = await servedRegistry(before);
  const image = await served.pushImage('team/app', '1', 'layer');
  const digest = sha256(JSON.stringify(image));
  await writeFile(join(cwd, 'sbom.json'), '{"sbom":1}');
  return { workspace, call, cwd, served, digest, reference: `${served.host}/team/app:1` };
}

it.each([
  ['the referrers API', undefined, []],
  ['the referrers tag', withoutReferrers, [expect.stringMatching(/^sha256-/) as string]],
])('attaches a file, shows it, and pulls it again: %s', async (_, before, tags) => {
  const { workspace, call, cwd, served, digest, reference } = await open(before);
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

it('shows the platforms of an index, and what cosign attached by tags', async () => {
  const { workspace, call, served, digest, reference } = await open();
  const index = {
    schemaVersion: 2,
    mediaType: MediaType.index,
    manifests: [
      {
        ...described(
          MediaType.manifest,
          JSON.stringify(await served.pushImage('team/app', '1', 'layer')),
        ),
        platform: { os: 'linux', architecture: 'arm64' },
      },
    ],
  };
  await served.putManifest('team/app', 'multi', index);
  const tag = `${digest.replace(':', '-')}.sig`;
  await served.pushImage('team/app', tag, 'signature');
  await attach(workspace, reference, ['sbom.json'], { ...call, artifactType: SPDX });
  expect(await referrerTree(workspace, reference.replace(':1', ':multi'), call)).toMatchObject({
    mediaType: MediaType.index,
    referrers: [],
    manifests: [
      {
        ...{ digest, platform: 'linux/arm64' },
        referrers: [{ artifactType: SPDX, tag: null }, { tag }],
      },
    ],
  });
});

it('refuses what cannot be attached, and plans in a dry run', async () => {
  const { workspace, call, cwd, served, reference } = await open();
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

it.each([
  ['../x', 'leads out of this folder'],
  ['../out', 'has the name of this folder'],
  ['/tmp/x', 'leads out of this folder'],
  ['link/x', 'symbolic link'],
  ['.', 'has the name of this folder'],
])('writes no file named %s', async (title, message) => {
  const { workspace, call, cwd, served } = await open();
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
  const { workspace, call, cwd, reference } = await open();
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
