import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RegistryClient } from '../../distribution/transport/client.js';
import { type ErrorCode, ImageError } from '../../errors.js';
import { surroundingsOf } from '../../surroundings.js';
import { Upstream } from './upstream.js';

async function upstream(name?: string, prefix = '') {
  const client = await RegistryClient.open('registry.example', {
    credentials: async () => undefined,
    surroundings: surroundingsOf(),
  });
  return new Upstream({ name, client, prefix });
}

const failing = (code: ErrorCode, cause?: unknown) => async () => {
  throw new ImageError(code, 'failed', { cause });
};

describe('a repository of an upstream', () => {
  it('has its name without the component of the registry, and with the prefix', async () => {
    expect((await upstream(undefined, 'library/')).of('a').name).toBe('library/a');
    expect((await upstream('registry.example:5000')).of('registry.example_5000/a/b').name).toBe(
      'a/b',
    );
  });

  it('is none of what is no registry', async () => {
    await expect(upstream('a/b')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('asking an upstream', () => {
  it('gives its answer, else what is here', async () => {
    const asked = await upstream();
    expect(await asked.ask('own', async () => 'theirs')).toBe('theirs');
    expect(await asked.ask('own', async () => undefined)).toBe('own');
    expect(await asked.ask(undefined, async () => undefined)).toBeUndefined();
  });

  it.each<ErrorCode>(['NOT_FOUND', 'DENIED', 'UNAUTHORIZED'])(
    'that answers %s is as if it had nothing',
    async (code) => {
      const asked = await upstream();
      expect(await asked.ask(undefined, failing(code))).toBeUndefined();
      expect(await asked.ask('own', failing(code))).toBe('own');
      // It is still asked.
      expect(await asked.ask('own', async () => 'theirs')).toBe('theirs');
    },
  );

  it.each<[ErrorCode, ErrorCode]>([
    ['UNAVAILABLE', 'UNAVAILABLE'],
    ['CORRUPT', 'UNAVAILABLE'],
    ['TOO_LARGE', 'UNAVAILABLE'],
    ['NO_SPACE', 'NO_SPACE'],
  ])('that fails with %s is %s where nothing is here', async (code, expected) => {
    const asked = await upstream();
    await expect(asked.ask(undefined, failing(code))).rejects.toMatchObject({ code: expected });
    expect(await asked.ask('own', failing(code))).toBe('own');
  });

  it('passes on an error that is none of an image', async () => {
    const asked = await upstream();
    const broken = async () => {
      throw new TypeError('mine');
    };
    await expect(asked.ask('own', broken)).rejects.toThrow('mine');
  });

  it('that fails is not asked for a while, but for what is not here', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = await upstream();
    await asked.ask('own', failing('UNAVAILABLE'));
    vi.advanceTimersByTime(9_000);
    expect(await asked.ask('own', () => expect.unreachable())).toBe('own');
    expect(await asked.ask<string>(undefined, async () => 'theirs')).toBe('theirs');
    vi.advanceTimersByTime(1_000);
    expect(await asked.ask('own', async () => 'theirs')).toBe('theirs');
  });

  it('that is slow is not waited for where something is here', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = await upstream();
    let answer: (text: string) => void = () => undefined;
    const slow = new Promise<string>((resolve) => (answer = resolve));
    const asking = asked.ask('own', () => slow);
    vi.advanceTimersByTime(1_500);
    expect(await asking).toBe('own');
    expect(await asked.ask('own', () => expect.unreachable())).toBe('own');
    answer('late');
    expect(vi.getTimerCount()).toBe(0);
  });
});

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
