import { expect, it } from 'vitest';
import { digestOf } from '../../oci/digest.js';
import { RecentManifests } from './recent-manifests.js';

const digest = (at: number) => digestOf(Buffer.from(`${at}`));

it('the cache keeps the latest thousand manifests, and none that is large', () => {
  const recent = new RecentManifests();
  for (let at = 0; at < 1001; at++) recent.set(digest(at), Buffer.from(`${at}`));
  expect(recent.get(digest(0))).toBeUndefined();
  expect(recent.get(digest(1))).toEqual(Buffer.from('1'));
  expect(recent.get(digest(1000))).toEqual(Buffer.from('1000'));
  recent.set(digest(2000), Buffer.alloc(16 * 1024 + 1));
  expect(recent.get(digest(2000))).toBeUndefined();
  recent.set(digest(2001), Buffer.alloc(16 * 1024));
  expect(recent.get(digest(2001))).toBeDefined();
});
