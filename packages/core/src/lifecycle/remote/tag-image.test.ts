import { expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { findDigest } from './find-digest.js';
import { tagImage } from './tag-image.js';

it('gives an image further tags without moving a layer; a tag of another image moves', async () => {
  const { workspace, call } = await workspaceOf();
  const { host, requests, pushImage } = await servedRegistry();
  const digest = sha256(JSON.stringify(await pushImage('team/app', '1', 'a')));
  await pushImage('team/app', 'stable', 'old');
  const source = `${host}/team/app:1`;
  const names = ['stable', `${host}/team/app:1.0`];
  requests.length = 0;
  const expected = ['stable', '1.0'].map((tag) => ({
    reference: `${host}/team/app:${tag}`,
    digest,
  }));
  expect(await tagImage(workspace, source, names, { ...call, dryRun: true })).toEqual(expected);
  expect(requests.filter((each) => each.startsWith('PUT'))).toEqual([]);
  expect(await tagImage(workspace, source, names, call)).toEqual(expected);
  expect(requests.filter((each) => each.includes('/blobs/'))).toEqual([]);
  for (const { reference } of expected)
    expect(await findDigest(workspace, reference, call)).toMatchObject({ digest });
});

it.each([
  ['other/app:2', 'another repository'],
  ['team/app', 'no tag'],
  ['team/app@sha256:'.padEnd(80, 'a'), 'no tag'],
])('refuses %s as a new name', async (name, got) => {
  const { workspace, call } = await workspaceOf();
  const { host } = await servedRegistry();
  const refused = tagImage(workspace, `${host}/team/app:1`, [`${host}/${name}`], call);
  await expect(refused).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(got) as string,
  });
});
