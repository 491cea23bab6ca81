import { open, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { ageOf, touchFile } from './touch.js';

it('a touched file is as new as a file that is written now, by path or by handle', async () => {
  const path = join(await temporaryFolder(), 'x');
  await writeFile(path, 'x');
  await utimes(path, 1000, 1000);
  expect(ageOf(await stat(path))).toBeGreaterThan(1e9);
  await touchFile(path);
  expect(Math.abs(ageOf(await stat(path)))).toBeLessThan(60_000);

  await utimes(path, 1000, 1000);
  const file = await open(path, 'r+');
  await touchFile(file);
  await file.close();
  expect(Math.abs(ageOf(await stat(path)))).toBeLessThan(60_000);
});

it('a file that does not exist is not created', async () => {
  await expect(touchFile(join(await temporaryFolder(), 'x'))).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
