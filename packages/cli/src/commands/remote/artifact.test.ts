import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pushedLine } from '../../../testing/stowage.js';

async function start() {
  const line = await pushedLine();
  await line.said(`attach ${line.image} stowage.yaml --type text/x`);
  return line;
}

describe('stowage artifact pull', () => {
  it('writes the files of an artifact, in a dry run none', async () => {
    const { said, json, image, cwd } = await start();
    const line = `artifact pull ${image} --type text/x -o out/`;
    expect(await said(`${line} --dry-run`)).toMatch(/stowage\.yaml {2}17 B\n$/);
    await expect(readFile(join(cwd, 'out/stowage.yaml'))).rejects.toThrow('ENOENT');
    expect(await said(line)).toMatch(/stowage\.yaml {2}17 B\n$/);
    expect(await readFile(join(cwd, 'out/stowage.yaml'), 'utf8')).toBe('engine: embedded\n');
    expect(await json(`${line} --force`)).toMatchObject({ files: [{ size: 17 }] });
  });

  it.each([
    ['--type text/y', 3],
    ['--type text/x', 8],
  ])('%s exits %i', async (options, code) => {
    const { stowage, image } = await start();
    expect((await stowage(`artifact pull ${image} ${options}`)).code).toBe(code);
  });
});
