import { expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { listServed, reportServed } from './served-images.js';
import { servedReportPage } from './served-page.js';

it('lists and reports the images of a folder; shared content counts once', async () => {
  const { workspace, call } = await workspaceOf();
  const { root, pushImage, pushBlob } = await servedRegistry();
  const layer = 'layer'.repeat(10_000);
  const digest = sha256(JSON.stringify(await pushImage('team/app', '1', layer)));
  await pushImage('team/app', 'latest', layer);
  await pushImage('team/lib', '1', layer);
  await pushImage('team/app', '2', 'other');
  await pushBlob('team/app', 'garbage');
  const { images, ...listing } = await listServed(workspace, { ...call, root });
  expect(listing).toEqual({ root, bytes: expect.any(Number) as number });
  const rows = images.map(({ repository, tags }) => [repository, tags.join()]);
  expect(rows.sort()).toEqual([
    ['team/app', '1,latest'],
    ['team/app', '2'],
    ['team/lib', '1'],
  ]);
  const one = images.find((image) => image.digest === digest && image.repository === 'team/app');
  expect(one).toMatchObject({ ownBytes: 0 });
  expect(one?.bytes).toBeGreaterThanOrEqual(layer.length);
  expect(Date.parse(one?.created ?? '')).toBeGreaterThan(0);

  const now = () => Date.now() + 3 * 3_600_000;
  const later = { ...workspace, surroundings: { ...workspace.surroundings, now } };
  const report = await reportServed(later, { ...call, root });
  expect(report).toMatchObject({ root, bytes: listing.bytes, images: { length: 3 } });
  expect(report.repositories.map(({ name, images: count }) => [name, count])).toEqual([
    ['team/app', 2],
    ['team/lib', 1],
  ]);
  expect(report.sharedBytes).toBe(one?.bytes);
  expect(report.garbage).toMatchObject({ blobs: 1, uploads: 0 });
  const page = servedReportPage(report);
  for (const { digest, repository } of report.images) {
    expect(page).toContain(digest);
    expect(page).toContain(repository);
  }
});

it('refuses a folder that does not exist', async () => {
  const { workspace, call } = await workspaceOf();
  for (const verb of [listServed, reportServed])
    await expect(verb(workspace, { ...call, root: 'nope' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
});
