import { expect, it } from 'vitest';
import { ImageError } from '../../../errors.js';
import { Problem } from '../../../registry/problem.js';
import { option, wording } from '../../../wording.js';
import { Calls, type MessagePort } from './calls.js';

interface Offers {
  readonly double: (value: number) => Promise<number>;
  readonly fail: (kind: string) => void;
  readonly never: (_: null) => Promise<void>;
}

const FAILURES: Readonly<Record<string, Error>> = {
  problem: new Problem('TOOMANYREQUESTS', 'too many', { headers: { 'retry-after': '7' } }),
  image: new ImageError('USAGE', wording`${option('listen')}: no`, { hint: 'Yes.', location: 'x' }),
  other: new TypeError('a mistake'),
};

/** Two ends of a channel whose messages are copied as JSON. */
function channel() {
  const ends = [0, 1].map(() => ({
    messages: [] as ((message: unknown) => void)[],
    closes: [] as (() => void)[],
  }));
  const port = (own: number): MessagePort => ({
    send: (message, sent) => {
      const copy = JSON.parse(JSON.stringify(message)) as unknown;
      queueMicrotask(() => ends[1 - own]?.messages.forEach((listener) => listener(copy)));
      sent(null);
    },
    onMessage: (listener) => void ends[own]?.messages.push(listener),
    onEnd: (listener) => void ends[own]?.closes.push(listener),
  });
  const offers: Offers = {
    double: async (value) => value * 2,
    fail: (kind) => {
      throw FAILURES[kind] ?? new Error(kind);
    },
    never: () => new Promise(() => undefined),
  };
  new Calls(port(1), offers);
  return {
    calls: new Calls<Offers>(port(0), {}),
    end: () => ends[0]?.closes.forEach((each) => each()),
  };
}

it('calls functions of the other process, many at once', async () => {
  const { calls } = channel();
  const results = await Promise.all([1, 2, 3].map((value) => calls.call('double', value)));
  expect(results).toEqual([2, 4, 6]);
});

it.each(['problem', 'image'])(
  'throws an error of kind %s as the other process has',
  async (kind) => {
    const thrown = await channel()
      .calls.call('fail', kind)
      .catch((error: unknown) => error);
    const { ...expected } = FAILURES[kind];
    expect(thrown).toBeInstanceOf(FAILURES[kind]?.constructor);
    expect(thrown).toMatchObject({ ...expected, message: FAILURES[kind]?.message });
  },
);

it('throws other errors, and one for a function that is not offered', async () => {
  const { calls } = channel();
  await expect(calls.call('fail', 'other')).rejects.toThrow('TypeError: a mistake');
  const none = calls as unknown as Calls<{ none: (_: null) => void }>;
  await expect(none.call('none', null)).rejects.toThrow('no function none');
});

it('fails calls when the other process ends', async () => {
  const { calls, end } = channel();
  const open = calls.call('never', null);
  end();
  await expect(open).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(calls.call('double', 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
