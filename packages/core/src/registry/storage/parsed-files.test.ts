import { rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { ParsedFiles } from './parsed-files.js';

async function files() {
  const folder = await temporaryFolder();
  const path = join(folder, 'tag');
  let parsed = 0;
  const known = new ParsedFiles((bytes) => {
    parsed++;
    return bytes.toString();
  });
  /** Replaces the file as every process does, with a time of some seconds ago. */
  const replace = async (text: string, seconds = 10) => {
    const time = new Date(Date.now() - seconds * 1000);
    await writeFile(`${path}.new`, text);
    await utimes(`${path}.new`, time, time);
    await rename(`${path}.new`, path);
  };
  return { folder, path, known, replace, parsed: () => parsed };
}

it('parses a file once, and again when another process has replaced it', async () => {
  const { path, known, replace, parsed } = await files();
  expect(known.read(path)).toBeUndefined();
  await replace('one');
  expect([known.read(path), known.read(path), parsed()]).toEqual(['one', 'one', 1]);
  // Of the same size and time.
  await replace('two');
  expect([known.read(path), known.read(path), parsed()]).toEqual(['two', 'two', 2]);
});

it('does not remember a file that was written just now', async () => {
  const { path, known, replace, parsed } = await files();
  await replace('one', 0);
  expect([known.read(path), known.read(path), parsed()]).toEqual(['one', 'one', 2]);
});

it('reads no symbolic link', async () => {
  const { folder, path, known, replace } = await files();
  await replace('one');
  await symlink(path, join(folder, 'link'));
  expect(known.read(join(folder, 'link'))).toBeUndefined();
});
