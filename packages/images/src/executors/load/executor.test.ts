import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import load from './executor.js';

const ENGINE = { engine: 'embedded' } as const;

async function saved() {
  const task = await taskOf();
  await save(OPTIONS, task.context);
  task.lines.length = 0;
  return task;
}

describe('the target image-load', () => {
  it('loads the archive of a definition, once', async () => {
    const { context, lines } = await saved();
    expect(await load(OPTIONS, context)).toEqual({ success: true });
    expect(lines).toEqual(['info: loaded in embedded:', `info: ${NAME}:latest`]);
    await load(OPTIONS, context);
    expect(lines).toContain('info: skipped in embedded:');
  });

  it('prints arguments for act', async () => {
    const { context, lines } = await saved();
    await load({ ...OPTIONS, act: true }, context);
    expect(lines.at(-1)).toBe(`info: -P debian-12=${NAME}:latest --pull=false`);
    await load({ ...OPTIONS, act: true, runner: 'ubuntu-22.04' }, context);
    expect(lines.at(-1)).toBe(`info: -P ubuntu-22.04=${NAME}:latest --pull=false`);
  });

  it('gives the image another name', async () => {
    const { context, lines } = await saved();
    await load({ ...OPTIONS, as: 'mine:2' }, context);
    expect(lines.at(-1)).toBe('info: mine:2');
  });

  it('tells how to leave the cache of Nx out when the archive is damaged or gone', async () => {
    const { context, lines, root } = await saved();
    await writeFile(join(root, ARCHIVE), 'damaged');
    expect(await load(OPTIONS, context)).toEqual({ success: false });
    expect(lines.at(-1)).toContain('--skip-nx-cache');
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['two things', { ...OPTIONS, reference: 'r.example/a:1' }],
    ['standard input', { imagesFrom: ['-'] }],
    ['a list without images', { imagesFrom: ['list.txt'] }],
    ['a platform that is none', { ...OPTIONS, platform: 'linux/' }],
  ])('does not load %s', async (_, options) => {
    const { context, lines } = await taskOf({ 'list.txt': '# none\n' });
    expect(await load({ ...ENGINE, ...options }, context)).toEqual({ success: false });
    expect(lines[0]).toMatch(/^error: USAGE: /);
  });
});
