import { describe, expect, it } from 'vitest';
import { digestOf } from '../../oci/digest.js';
import { KnownBlobs } from './known-blobs.js';

const BLOB = digestOf(Buffer.from('x'));

describe('known blobs', () => {
  it('have the repository that has them', async () => {
    const known = new KnownBlobs();
    expect(await known.find(BLOB)).toBeUndefined();
    known.add(BLOB, 'a');
    expect(await known.find(BLOB)).toBe('a');
  });

  it('are brought where they are not, from where they are', async () => {
    const known = new KnownBlobs();
    const brought: (string | undefined)[] = [];
    const bring = (repository: string) =>
      known.bring(BLOB, repository, async (from) => brought.push(from));
    expect(await bring('a')).toBe(1);
    expect(await bring('a')).toBeUndefined();
    expect(await bring('b')).toBe(2);
    expect(brought).toEqual([undefined, 'a']);
  });

  it('are brought by one call after the other', async () => {
    const known = new KnownBlobs();
    const events: string[] = [];
    const bring = (repository: string) =>
      known.bring(BLOB, repository, async (from) => {
        events.push(`${repository} from ${from}`);
        await new Promise(setImmediate);
        events.push(`${repository} done`);
      });
    await Promise.all([bring('a'), bring('b'), bring('a'), bring('c')]);
    expect(events.filter((event) => event.endsWith('done'))).toHaveLength(3);
    for (let at = 0; at < events.length; at += 2)
      expect(events[at + 1]).toBe(`${events[at]?.split(' ')[0]} done`);
    expect(events[0]).toBe('a from undefined');
  });

  it('stay where they were when a call fails, and the next one tries again', async () => {
    const known = new KnownBlobs();
    known.add(BLOB, 'a');
    const failing = known.bring(BLOB, 'b', () => Promise.reject(new TypeError('mine')));
    const next = known.bring(BLOB, 'b', async (from) => from);
    await expect(failing).rejects.toThrow('mine');
    expect(await next).toBe('a');
  });
});
