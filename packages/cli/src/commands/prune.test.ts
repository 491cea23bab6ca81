import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAME, savedLine } from '../../testing/stowage.js';

/** A saved image, and an older archive of its name. */
async function start() {
  const line = await savedLine();
  await writeFile(join(line.cwd, 'images/app/old.tar'), 'x'.repeat(1000));
  const entry = (file: string, created: string) =>
    `  - { name: ${NAME}, file: ${file}, created: ${created} }\n`;
  await writeFile(
    join(line.cwd, 'images/image-registry.yml'),
    `images:\n${entry('app/old.tar', '2020-01-01')}${entry(`app/${NAME}.tar`, '2021-01-01')}`,
  );
  return line;
}

const RULES = '--keep-newest 1 --min-age 1d';

describe('stowage prune', () => {
  it('prints the plan as a table, and deletes nothing in a dry run', async () => {
    const { said, cwd } = await start();
    const text = await said(`prune ${RULES} --dry-run`);
    expect(text).toMatch(/^ +KIND +PATH +SIZE +RULE +WHY\n/);
    expect(text).toMatch(/^delete +archive +app\/old\.tar /m);
    expect(text).toMatch(/ would be freed; nothing was deleted\n$/);
    expect(await readdir(join(cwd, 'images/app'))).toContain('old.tar');
    expect(await said(`prune ${RULES}`)).toMatch(/ freed\n$/);
    expect(await readdir(join(cwd, 'images/app'))).not.toContain('old.tar');
  });

  it('keeps names and groups as it is told', async () => {
    const { json } = await start();
    for (const rules of [`${RULES} --keep app-*`, '--keep-newest project=2 --min-age 1d'])
      expect((await json(`prune ${rules} --dry-run`))['freedBytes']).toBe(0);
  });

  it('exits 7 when a bound cannot be met, with the plan and the error', async () => {
    const { stowage, json } = await start();
    const said = /^stowage: .* more must become free, and nothing else may be deleted\n {2}Loosen/m;
    const { code, stdout, stderr } = await stowage('prune --max-used 1B --dry-run');
    expect([code, stdout, stderr]).toEqual([
      7,
      expect.stringContaining('nothing was deleted\n'),
      expect.stringMatching(said),
    ]);
    const quiet = await stowage('prune --max-used 1B --dry-run --quiet');
    expect(quiet).toMatchObject({
      code: 7,
      stdout: '',
      stderr: expect.stringMatching(said) as string,
    });
    expect(await json('prune --max-used 1B --dry-run')).toMatchObject({
      error: { code: 'NO_SPACE' },
      decisions: [{}, {}],
    });
  });

  it.each(['0', 'x', 'name=', 'folder=2'])('refuses --keep-newest %s', async (count) => {
    const { stowage } = await start();
    await expect(stowage(`prune --keep-newest ${count}`)).rejects.toThrow('Give a whole number');
  });

  it('exits 2 for a wrong rule', async () => {
    expect((await (await start()).stowage('prune --unused-for soon')).code).toBe(2);
  });
});
