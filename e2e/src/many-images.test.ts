import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveWriter, copy, writeAtomically } from '@stowage/core';
import { expect, it } from 'vitest';
import { writeImage } from '../../packages/core/testing/image.js';
import { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { stowage, temporaryFolder } from './run.js';

it('24 images in parts are verified without a warning, and summed up', async () => {
  const cwd = await temporaryFolder();
  const store = new MemoryStore();
  // Enough to be hashed in threads.
  for (let at = 0; at < 24; at++)
    await writeImage(store, `team/app:${at}`, { seed: `${at}`, layers: 1, bytes: 800_000 });
  const path = join(cwd, 'all.tar');
  await using writer = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  for await (const { descriptor, reference } of store.list())
    await copy(store, descriptor.digest, writer, { as: reference });
  await writer.commit();

  await mkdir(join(cwd, 'medium'));
  const refused = await stowage(['copy', 'all.tar', 'medium/set.tar'], { cwd });
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toMatch(
    /it has 24 images, and one has to be named\n +--all takes all of them/,
  );
  const copied = await stowage(['copy', 'all.tar', 'medium/set.tar', '--all', '--split', '8MB'], {
    cwd,
  });
  expect(copied.stderr).toMatch(
    /(?:^|\n)24 images, 18(\.\d)? MB, 3 parts in medium\/, \d+\.\d s\n$/,
  );
  const verified = await stowage(['verify', 'medium/set.tar'], { cwd });
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.stderr).not.toContain('Warning');
  expect(verified.stderr).toMatch(/(?:^|\n)24 images, [^\n]+\n$/);
  const planned = await stowage(['load', 'medium/set.tar', '--engine', 'embedded', '--dry-run'], {
    cwd,
  });
  expect(planned.stdout).toMatch(/team\/app:0 {2}would load \(embedded, \w+, ≤ \d/);
});

it('a folder in place of a file, and parts without their list, are told in a sentence', async () => {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'folder/images.txt'), { recursive: true });
  await writeFile(join(cwd, 'set.tar.001'), 'x');
  const lost = await stowage(['verify', './set.tar'], { cwd });
  expect(lost).toMatchObject({ code: 4 });
  expect(lost.stdout + lost.stderr).toContain('set.tar.sha256: the list of the parts is missing');
  const wrong = await stowage(['ls', '--config', 'folder'], { cwd });
  expect(wrong.stderr).not.toMatch(/\n +at /);
  expect(wrong.code).not.toBe(1);
});
