import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ParseCache } from './parse-cache.js';

const DATA = '.nx/workspace-data';
const KEPT = `${DATA}/stowage-parsed.json`;

async function workspaceOf(...files: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-parse-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const file of files) await writeFile(join(root, file), '');
  return root;
}

/** Parses a text to `{ text }`, and counts; `bad` is invalid. */
function counting() {
  let count = 0;
  const parse = (text: string) => () => {
    count += 1;
    if (text === 'bad') throw new Error('invalid');
    return { text };
  };
  return { parse, count: () => count };
}

it('parses an unchanged file once, also in another process, valid or not', async () => {
  const root = await workspaceOf('a', 'b');
  const { parse, count } = counting();
  const first = new ParseCache(root);
  for (let again = 0; again < 2; again++) {
    expect(first.parse('a', 'one', parse('one'))).toEqual({ text: 'one' });
    expect(first.parse('b', 'bad', parse('bad'))).toBeUndefined();
  }
  first.save();
  expect(count()).toBe(2);
  const second = new ParseCache(root);
  expect(second.parse('a', 'one', parse('one'))).toEqual({ text: 'one' });
  expect(second.parse('b', 'bad', parse('bad'))).toBeUndefined();
  expect(count()).toBe(2);
  expect(second.parse('a', 'two', parse('two'))).toEqual({ text: 'two' });
  expect(await readdir(join(root, DATA))).toEqual(['stowage-parsed.json']);
});

it('forgets files that are gone', async () => {
  const root = await workspaceOf('a');
  const { parse } = counting();
  const cache = new ParseCache(root);
  for (const file of ['a', 'gone']) cache.parse(file, 'one', parse('one'));
  cache.save();
  const { files } = JSON.parse(await readFile(join(root, KEPT), 'utf8')) as { files: object };
  expect(Object.keys(files)).toEqual(['a']);
});

it.each([
  ['damaged', '{'],
  ['of another version', '{"version":"0.0.0","files":{"a":{"hash":"x","value":{}}}}'],
  ['of another shape', '{"version":"0.0.0","files":[1]}'],
])('parses anew if what was kept is %s', async (_what, text) => {
  const root = await workspaceOf('a');
  await mkdir(join(root, DATA), { recursive: true });
  await writeFile(join(root, KEPT), text);
  const { parse, count } = counting();
  expect(new ParseCache(root).parse('a', 'one', parse('one'))).toEqual({ text: 'one' });
  expect(count()).toBe(1);
});

it('keeps nothing if Nx keeps nothing, and goes on if it cannot write', async () => {
  const root = await workspaceOf('a', '.nx');
  const { parse } = counting();
  const cache = new ParseCache(root);
  cache.parse('a', 'one', parse('one'));
  cache.save();
  vi.stubEnv('NX_CACHE_PROJECT_GRAPH', 'false');
  onTestFinished(() => void vi.unstubAllEnvs());
  const other = await workspaceOf('a');
  const unkept = new ParseCache(other);
  unkept.parse('a', 'one', parse('one'));
  unkept.save();
  expect(await readdir(other)).toEqual(['a']);
});
