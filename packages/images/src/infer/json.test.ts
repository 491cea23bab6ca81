import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderOf } from '../../testing/task.js';
import { isObject, parseJsonObject, readJsonObject } from './json.js';

it.each([
  ['{"a":1}', { a: 1 }],
  ['{ // why\n "a": 1, /* more */ }', { a: 1 }],
  ['{}', {}],
  ['[]', undefined],
  ['1', undefined],
  ['null', undefined],
  ['{"a":', undefined],
  ['{"a":1} b', undefined],
  ['', undefined],
])('%j is the object %j', (text, expected) => {
  expect(parseJsonObject(text)).toEqual(expected);
});

it('a file is read the same way; one that is not there has no object', async () => {
  const folder = await folderOf({ 'a.json': '{"a":1,}', 'b.json': '[' });
  expect(readJsonObject(join(folder, 'a.json'))).toEqual({ a: 1 });
  for (const name of ['b.json', 'absent.json', '.'])
    expect(readJsonObject(join(folder, name))).toBeUndefined();
});

it('an object is neither null nor a list', () => {
  expect([{}, null, [], 'x', 1, undefined].map(isObject)).toEqual([
    ...[true, false, false, false, false, false],
  ]);
});
