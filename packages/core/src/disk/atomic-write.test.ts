import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { writeAtomically } from './atomic-write.js';

describe('an atomic write', () => {
  it('creates the folder and leaves no temporary file', async () => {
    const folder = join(await temporaryFolder(), 'a/b');
    await writeAtomically(join(folder, 'x'), [Buffer.from('1'), Buffer.from('2')]);
    expect(await readFile(join(folder, 'x'), 'utf8')).toBe('12');
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('keeps the old file when the new content fails', async () => {
    const path = join(await temporaryFolder(), 'x');
    await writeAtomically(path, [Buffer.from('old')]);
    function* failing(): Iterable<Uint8Array> {
      yield Buffer.from('new');
      throw new Error('cut');
    }
    await expect(writeAtomically(path, failing())).rejects.toThrow('cut');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(join(path, '..'))).toEqual(['x']);
  });
});
