import { expect, it } from 'vitest';
import { stopSignal } from './stop-signal.js';

const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;

it.each(EVENTS)('a task is stopped by %s', (event) => {
  using stop = stopSignal();
  expect(stop.signal.aborted).toBe(false);
  process.emit(event as 'disconnect');
  expect(stop.signal.aborted).toBe(true);
});

it('a task that ended leaves no handler behind', () => {
  const count = () => EVENTS.map((event) => process.listenerCount(event));
  const before = count();
  stopSignal()[Symbol.dispose]();
  expect(count()).toEqual(before);
});
