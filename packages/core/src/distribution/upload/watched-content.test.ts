import { expect, it } from 'vitest';
import { watchContent } from './watched-content.js';

const MINE = new TypeError('mine');

it('content is read as it is, from where it is asked for', async () => {
  const starts: (number | undefined)[] = [];
  const { open, rethrow } = watchContent(async function* (start) {
    starts.push(start);
    yield Buffer.from('content'.slice(start));
  });
  const chunks: string[] = [];
  for await (const chunk of open(3)) chunks.push(String(chunk));
  expect([chunks, starts]).toEqual([['tent'], [3]]);
  expect(rethrow).not.toThrow();
});

it.each(['open', 'read'])('a failure of the content is told again: on %s', async (when) => {
  const { open, rethrow } = watchContent(() => {
    if (when === 'open') throw MINE;
    return (async function* () {
      yield Buffer.from('a');
      throw MINE;
    })();
  });
  const reading = (async () => {
    for await (const chunk of open()) expect(String(chunk)).toBe('a');
  })();
  await expect(reading).rejects.toBe(MINE);
  expect(rethrow).toThrow(MINE);
});

it('a failure of the reader is not one of the content, which is closed', async () => {
  let isClosed = false;
  const { open, rethrow } = watchContent(async function* () {
    try {
      for (;;) yield Buffer.from('a');
    } finally {
      isClosed = true;
    }
  });
  const reading = (async () => {
    for await (const chunk of open()) throw new Error(`no ${String(chunk)}`);
  })();
  await expect(reading).rejects.toThrow('no a');
  expect(rethrow).not.toThrow();
  expect(isClosed).toBe(true);
});
