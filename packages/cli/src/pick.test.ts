import { PassThrough } from 'node:stream';
import { openWorkspace } from '@stowage/core';
import { expect, it } from 'vitest';
import { commandLine, NAME, savedLine } from '../testing/stowage.js';
import { pickedFrom, pickImages } from './pick.js';

const ENTRIES = ['a', 'b', 'c'].map((name) => ({ name }));

it.each([
  ['2', ['b']],
  [' 3, 1 1', ['c', 'a']],
  ['all', ['a', 'b', 'c']],
])('the answer %j picks %j', (answer, names) => {
  expect(pickedFrom(answer, ENTRIES)).toEqual(names);
});

it.each(['', '0', '4', 'b', '1 all', '-1', '1.5'])('the answer %j is refused', (answer) => {
  expect(() => pickedFrom(answer, ENTRIES)).toThrow(
    expect.objectContaining({ code: 'USAGE' }) as Error,
  );
});

/** A terminal on which a user answers. */
function terminal(answer: string) {
  const shown: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  stdin.end(answer);
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  stderr.on('data', (chunk: Buffer) => shown.push(chunk.toString()));
  const io = { stdin, stderr, stdout: stderr, signal: new AbortController().signal, cwd: '' };
  return { shown, io: { ...io, endWithin: () => undefined } as never };
}

it('lists what there is, and asks', async () => {
  const { cwd } = await savedLine();
  const { shown, io } = terminal('1\n');
  expect(await pickImages(await openWorkspace(cwd), io)).toEqual([NAME]);
  expect(shown.join('')).toMatch(new RegExp(`1 +${NAME} +[0-9.]+ KB +\\d{4}-`));
});

it('says so where there is nothing, and asks nobody without a terminal', async () => {
  const { cwd, stowage } = await commandLine();
  const picked = pickImages(await openWorkspace(cwd), terminal('1\n').io);
  await expect(picked).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await stowage('load')).toMatchObject({ code: 2, stdout: '' });
});
