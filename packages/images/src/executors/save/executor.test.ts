import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, BASE, NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from './executor.js';

describe('the target image-save', () => {
  it('saves the archive, and does nothing while it is up to date', async () => {
    const { context, lines, root } = await taskOf();
    expect(await save(OPTIONS, context)).toEqual({ success: true });
    expect(lines.at(-1)).toMatch(`info: saved ${NAME}:latest to ${ARCHIVE} (sha256:`);
    expect(await readdir(join(root, 'images/app'))).toContain(`${NAME}.tar`);
    await save(OPTIONS, context);
    expect(lines.at(-1)).toMatch(/holds .* already .*nothing to do$/);
    await writeFile(join(root, BASE, 'files/a'), 'changed');
    await save(OPTIONS, context);
    expect(lines.at(-1)).toMatch(/^info: saved /);
    await save({ ...OPTIONS, force: true }, context);
    expect(lines.at(-1)).toMatch(/^info: saved /);
  });

  it('saves the platforms that are asked for', async () => {
    const { context } = await taskOf();
    const one = { ...OPTIONS, platforms: ['linux/s390x'] };
    expect(await save(one, context)).toEqual({ success: true });
    const { context: other, lines } = await taskOf();
    expect(await save({ ...OPTIONS, platforms: ['linux/'] }, other)).toEqual({ success: false });
    expect(lines.at(-1)).toMatch(/^error: /);
  });

  it('fails where there is no definition', async () => {
    const { context, lines } = await taskOf();
    const options = { ...OPTIONS, definition: 'nowhere/image.yaml' };
    expect(await save(options, context)).toEqual({ success: false });
    expect(lines.join('\n')).toContain('NOT_FOUND');
  });

  it('leaves the work to the targets of images', async () => {
    const { context, lines, root } = await taskOf();
    expect(await save({ ...OPTIONS, images: [NAME] }, context)).toEqual({ success: true });
    expect([lines, await readdir(root)]).toEqual([[], ['apps', 'stowage.yaml']]);
  });
});
