import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { digestOf } from '../oci/digest.js';
import { drained, Meter, tap } from './tap.js';

describe('tapped bytes', () => {
  it('are seen chunk by chunk before they are passed on', async () => {
    const events: string[] = [];
    const seen = tap(inChunks(Buffer.from('abc'), 2), (chunk) =>
      events.push(`see ${String(chunk)}`),
    );
    for await (const chunk of seen) events.push(`get ${String(chunk)}`);
    expect(events).toEqual(['see ab', 'get ab', 'see c', 'get c']);
  });

  it('end with an error of their observer', async () => {
    const failing = tap(inChunks(Buffer.from('abc'), 1), () => {
      throw new TypeError('mine');
    });
    await expect(collect(failing)).rejects.toThrow('mine');
  });
});

describe('a meter', () => {
  it.each(['sha256', 'sha512'] as const)('counts and hashes with %s', async (algorithm) => {
    const bytes = Buffer.from('some content');
    const meter = new Meter(algorithm);
    expect(meter.size).toBe(0);
    meter.add(bytes.subarray(0, 3));
    expect(await collect(meter.through(inChunks(bytes.subarray(3), 2)))).toBe('e content');
    expect(meter.size).toBe(bytes.byteLength);
    expect(meter.digest()).toBe(digestOf(bytes, algorithm));
  });

  it('of nothing has the digest of nothing, with sha256 by default', () => {
    expect(new Meter().digest()).toBe(digestOf(Buffer.alloc(0)));
  });
});

it.each<[string, (stream: Writable, taken: () => void) => unknown]>([
  ['takes more', (_, taken) => taken()],
  ['is closed', (stream) => stream.destroy()],
])('waiting for a stream ends when it %s, and leaves no listener', async (_, end) => {
  let taken: () => void = () => undefined;
  const write = (...[, , done]: Parameters<Writable['_write']>) => void (taken = () => done());
  const stream = new Writable({ highWaterMark: 1, write });
  expect(stream.write('ab')).toBe(false);
  const waiting = drained(stream);
  end(stream, () => taken());
  await waiting;
  expect([stream.listenerCount('drain'), stream.listenerCount('close')]).toEqual([0, 0]);
});
