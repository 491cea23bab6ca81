import { expect, it } from 'vitest';
import { parseRuns } from './runs.js';

const RUN = {
  at: '2026-11-21T10:00:00Z',
  image: 'app',
  target: 'image-save',
  result: 'built',
  took: 7,
};
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

it('every line of a whole task is read, with fields of a later version', () => {
  const text = line(RUN) + line({ ...RUN, result: 'skipped', more: 1 });
  expect(parseRuns(text)).toEqual([RUN, { ...RUN, result: 'skipped', more: 1 }]);
  expect(parseRuns('')).toEqual([]);
});

it.each([
  ['cut', `${line(RUN).slice(0, 30)}\n`],
  ['blank', '\n'],
  ['of another form', '[]\n'],
  ['without a field', line({ ...RUN, image: undefined })],
  ['of another result', line({ ...RUN, result: 'lost' })],
  ['of a negative duration', line({ ...RUN, took: -1 })],
])('a line that is %s is skipped', (_what, text) => {
  expect(parseRuns(text + line(RUN))).toEqual([RUN]);
});
