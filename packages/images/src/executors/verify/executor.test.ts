import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import verify from './executor.js';

async function saved() {
  const task = await taskOf();
  await save(OPTIONS, task.context);
  task.lines.length = 0;
  return { ...task, path: join(task.root, ARCHIVE) };
}

describe('the target image-verify', () => {
  it('says that every byte of the archive is right', async () => {
    const { context, lines } = await saved();
    expect(await verify(OPTIONS, context)).toEqual({ success: true });
    expect(lines.at(-1)).toMatch(
      new RegExp(`^info: ${NAME}: every byte is as it should be \\(\\d+ hashed\\)$`),
    );
  });

  it('fails on a flipped bit, with the problem and a way out', async () => {
    const { context, lines, path } = await saved();
    const bytes = await readFile(path);
    const at = bytes.indexOf('opt/a');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await verify(OPTIONS, context)).toEqual({ success: false });
    expect(lines).toContainEqual(expect.stringMatching(/^error: CORRUPT: /));
    expect(lines.at(-1)).toContain('--skip-nx-cache');
  });

  it('fails without an archive', async () => {
    const { context, lines } = await taskOf();
    expect(await verify(OPTIONS, context)).toEqual({ success: false });
    expect(lines.join('\n')).toContain('NOT_FOUND');
  });
});
