import { expect, it } from 'vitest';
import { clientOf } from '../../testing/registry-client.js';
import { deleteManifest } from './delete-manifest.js';

it.each([
  [202, [202, 404], undefined],
  [404, [202, 404], undefined],
  [403, [202], 'DENIED'],
  [405, [202], 'UNSUPPORTED'],
])('a deletion answered with %i, of %j, is %s', async (status, expected, code) => {
  const { client, requests } = await clientOf((_, response) => response.writeHead(status).end());
  const deleting = deleteManifest(client, 'team/app', '1.0', { expected });
  if (code === undefined) expect(await deleting).toBe(status);
  else await expect(deleting).rejects.toMatchObject({ code });
  expect(requests).toEqual(['DELETE /v2/team/app/manifests/1.0']);
});
