import { describe, expect, it } from 'vitest';
import { clientOf } from '../../testing/registry-client.js';
import { digestOf } from '../oci/digest.js';
import { deleteManifest, deleteTag } from './delete-manifest.js';

const DIGEST = digestOf(Buffer.from('a'));

describe('a manifest', () => {
  it.each([
    [202, undefined],
    [404, undefined],
    [403, 'DENIED'],
    [405, 'UNSUPPORTED'],
  ])('whose deletion is answered with %i is %s', async (status, code) => {
    const { client, requests } = await clientOf((_, response) => response.writeHead(status).end());
    const deleting = deleteManifest(client, 'team/app', DIGEST, {});
    if (code === undefined) await deleting;
    else await expect(deleting).rejects.toMatchObject({ code });
    expect(requests).toEqual([`DELETE /v2/team/app/manifests/${DIGEST}`]);
  });
});

describe('a tag', () => {
  it.each([
    [202, true],
    [400, false],
    [404, false],
    [405, false],
  ])('whose deletion is answered with %i: %s', async (status, expected) => {
    const { client, requests } = await clientOf((_, response) => response.writeHead(status).end());
    expect(await deleteTag(client, 'team/app', '1.0', {})).toBe(expected);
    expect(requests).toEqual(['DELETE /v2/team/app/manifests/1.0']);
  });

  it('that may not be deleted is DENIED', async () => {
    const { client } = await clientOf((_, response) => response.writeHead(403).end());
    await expect(deleteTag(client, 'team/app', '1.0', {})).rejects.toMatchObject({
      code: 'DENIED',
    });
  });
});
