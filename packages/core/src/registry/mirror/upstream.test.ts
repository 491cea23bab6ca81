import { expect, it, onTestFinished, vi } from 'vitest';
import type { RegistryClient } from '../../distribution/transport/client.js';
import { ImageError } from '../../errors.js';
import { Upstream } from './upstream.js';

const NOW = Date.UTC(2026, 0, 1);

it.each([
  ['30', 30_000],
  [new Date(NOW + 30_000).toUTCString(), 30_000],
  ['3600', 60_000],
  [new Date(NOW + 3_600_000).toUTCString(), 60_000],
  ['soon', 10_000],
  [undefined, 10_000],
])('an upstream that asks for a pause of %j is asked again after %i ms', async (retryAfter, ms) => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const client = { now: () => NOW } as unknown as RegistryClient;
  const upstream = new Upstream({ client, prefix: '' });
  const refused = async (): Promise<string> => {
    throw new ImageError('UNAVAILABLE', 'busy', { cause: { status: 429, retryAfter } });
  };
  const asked = async () => 'asked';
  expect(await upstream.ask('local', refused)).toBe('local');
  vi.advanceTimersByTime(ms - 1);
  expect(await upstream.ask('local', asked)).toBe('local');
  vi.advanceTimersByTime(1);
  expect(await upstream.ask('local', asked)).toBe('asked');
});
