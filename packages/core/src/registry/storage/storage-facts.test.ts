import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fillRegistry } from '../../../testing/fill-registry.js';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { blobFile } from '../../store/paths.js';
import { collectGarbage } from './collect-registry.js';
import { RegistryStore } from './registry-store.js';
import { scrub } from './scrub.js';
import { storageFacts } from './storage-facts.js';

it('an empty registry has facts', async () => {
  const root = await temporaryFolder();
  const { quotas } = new RegistryStore(root);
  expect(await storageFacts(root, quotas)).toMatchObject({
    ...{ uploads: 0, damagedBlobs: 0, paths: [], limitBytes: undefined },
    ...{ collectedAt: undefined, scrubbedAt: undefined },
  });
});

it('uploads, damage, limits and the last upkeep are measured', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root, { maxUsed: 1e9, maxUsedBelow: { team: 1e8 } });
  const content = await storeWith('r.example/team/app:1');
  await fillRegistry(store, content);
  await store.uploads.start('team/app');
  const [digest] = content.blobs.keys();
  if (!digest) throw new Error('expected a blob');
  await writeFile(blobFile(root, digest), 'damaged');
  await scrub(root, {});
  const before = await storageFacts(root, store.quotas);
  expect(before).toMatchObject({
    ...{ uploads: 1, damagedBlobs: 1, limitBytes: 1e9 },
    paths: [{ path: 'team', limitBytes: 1e8 }],
  });
  expect(before.usedBytes).toBeGreaterThan(before.paths[0]?.usedBytes ?? Infinity);
  expect(before.freeBytes).toBeGreaterThan(0);
  expect(before.scrubbedAt).toBeGreaterThan(0);
  expect(before.collectedAt).toBeUndefined();
  await collectGarbage(root, { grace: 0, uploadGrace: 0, now: Date.now() + 1000 });
  expect(await storageFacts(root, store.quotas)).toMatchObject({
    uploads: 0,
    collectedAt: expect.any(Number) as number,
  });
});
