import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { describe as descriptorOf } from '../../../oci/descriptor.js';
import { oneChunk } from '../../../transfer/copy.js';
import { toProblem } from '../../problem.js';
import type { AddedBytes } from './quotas.js';
import { RegistryStore } from '../registry-store.js';

async function put(store: RegistryStore, repository: string, bytes: number, fill = repository) {
  const content = Buffer.alloc(bytes, fill);
  const { digest } = descriptorOf('text/plain', content);
  const id = await store.uploads.start(repository);
  await store.uploads.append(repository, id, oneChunk(content));
  await store.uploads.finish(repository, id, digest);
  return digest;
}

it('a limit of a path is for the repositories at and below it', async () => {
  const store = new RegistryStore(await temporaryFolder(), { maxUsedBelow: { 'team-a': 100_000 } });
  await put(store, 'team-a', 40_000);
  await put(store, 'team-a/app', 40_000);
  const error: unknown = await put(store, 'team-a/x', 40_000).catch((each: unknown) => each);
  expect(error).toMatchObject({ code: 'NO_SPACE' });
  expect(toProblem(error).message).toBe('team-a is full (its limit is 97.66 KB)');
  // Names that only begin alike have no limit.
  await put(store, 'team-ab', 400_000);
  await put(store, 'team-b/team-a', 400_000);
});

it('content counts once for a path, also when it is mounted from elsewhere', async () => {
  const root = await temporaryFolder();
  const limits = { maxUsedBelow: { a: 100_000 } };
  const store = new RegistryStore(root, limits);
  const elsewhere = await put(store, 'b', 80_000);
  expect(await store.mount('a/1', elsewhere, 'b')).toBe(true);
  await expect(put(store, 'a/3', 30_000)).rejects.toMatchObject({ code: 'NO_SPACE' });
  const other = await put(store, 'b', 90_000, 'other');
  await expect(store.mount('a/3', other, 'b')).rejects.toMatchObject({ code: 'NO_SPACE' });
  // Counted anew, the blob that two repositories share counts once.
  expect(await store.mount('a/2', elsewhere, 'a/1')).toBe(true);
  const counted = new RegistryStore(root, { maxUsedBelow: { a: 85_000 } });
  await counted.quotas.of('a').admit();
  expect(await counted.quotas.below.get('a')?.used()).toBe(80_000);
});

it('what one limit refuses is added to none', async () => {
  const store = new RegistryStore(await temporaryFolder(), {
    maxUsed: 1_000_000,
    maxUsedBelow: { a: 10_000, 'a/b': 5_000 },
  });
  const space = store.quotas.of('a/b');
  await space.admit();
  expect(() => space.take(8_000)).toThrow();
  expect(await store.quotas.below.get('a')?.used()).toBe(0);
  space.take(4_000);
  expect(await store.quotas.below.get('a')?.used()).toBe(4_000);
});

it('what one process adds counts in another that is told', async () => {
  const root = await temporaryFolder();
  const limits = { maxUsed: 10_000_000, maxUsedBelow: { 'team-a': 100_000 } };
  const [one, other] = [new RegistryStore(root, limits), new RegistryStore(root, limits)];
  const told: AddedBytes[] = [];
  one.quotas.share((added) => {
    told.push(added);
    other.quotas.addElsewhere(added);
  });
  // Both have counted before.
  await put(other, 'team-a', 10_000);
  await put(one, 'team-a', 60_000);
  await expect
    .poll(() => told.reduce((sum, added) => sum + (added['team-a'] ?? 0), 0))
    .toBe(60_001);
  await expect(put(other, 'team-a/x', 40_000)).rejects.toMatchObject({ code: 'NO_SPACE' });
  // What it was told is not told again.
  expect(told.every((added) => (added['team-a'] ?? 0) > 0)).toBe(true);
});
