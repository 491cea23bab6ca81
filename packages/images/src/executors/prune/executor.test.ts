import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import prune from './executor.js';

/** A saved image, and an older archive of its name. */
async function start() {
  const task = await taskOf();
  await save(OPTIONS, task.context);
  await writeFile(join(task.root, 'images/app/old.tar'), 'x'.repeat(1000));
  const entry = (file: string, created: string) =>
    `  - { name: ${NAME}, file: ${file}, created: ${created} }\n`;
  await writeFile(
    join(task.root, 'images/image-registry.yml'),
    `images:\n${entry('app/old.tar', '2020-01-01')}${entry(`app/${NAME}.tar`, '2021-01-01')}`,
  );
  task.lines.length = 0;
  const archives = async () =>
    (await readdir(join(task.root, 'images/app'))).filter((name) => name.endsWith('.tar'));
  return { ...task, archives };
}

describe('the target image-prune', () => {
  it('deletes by its rules, and says in a dry run what it would delete', async () => {
    const { context, lines, archives } = await start();
    const options = { ...OPTIONS, keepNewest: 1, minAge: '1d' };
    expect(await prune({ ...options, dryRun: true }, context)).toEqual({ success: true });
    expect(lines.at(-1)).toMatch(/^info: \d+ bytes would be freed$/);
    expect(await archives()).toHaveLength(2);
    await prune(options, context);
    expect(lines.join('\n')).toMatch(/info: delete app\/old\.tar: /);
    expect(lines.at(-1)).toMatch(/^info: \d+ bytes freed$/);
    expect(await archives()).toEqual([`${NAME}.tar`]);
  });

  it('fails when the rules do not allow to free enough', async () => {
    const { context, lines } = await start();
    expect(await prune({ ...OPTIONS, maxUsed: '1B' }, context)).toEqual({ success: false });
    expect(lines.at(-1)).toMatch(/^error: NO_SPACE: prune: \d+ more bytes/);
  });

  it('fails on a wrong rule', async () => {
    const { context, archives } = await start();
    expect(await prune({ ...OPTIONS, unusedFor: 'long' }, context)).toEqual({ success: false });
    expect(await archives()).toHaveLength(2);
  });
});
