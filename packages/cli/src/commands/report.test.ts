import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAME, savedLine } from '../../testing/stowage.js';

describe('stowage report', () => {
  it('prints a summary, and how the page is written', async () => {
    const { said, json } = await savedLine();
    expect(await said('report')).toMatch(
      /^1 archives, .* in duplicate layers\nprune would free 0 B\nUse -o FILE/,
    );
    expect(await json('report')).toMatchObject({ archives: [{ name: NAME }], problems: [] });
  });

  it('writes the page to a file, or alone to standard output', async () => {
    const { said, cwd } = await savedLine();
    expect(await said('report -o page.html')).toMatch(/written to page\.html\n$/);
    const page = await readFile(join(cwd, 'page.html'), 'utf8');
    expect(page).toContain(NAME);
    expect(await said('report -o -')).toMatch(/^<!doctype html>/i);
  });

  it('reports the folder of a registry', async () => {
    const { said, stowage } = await savedLine();
    await said(`copy ${NAME} oci:layout`);
    await said('import layout --root mine');
    expect(await said('report --root mine')).toMatch(
      /^REPOSITORY +IMAGES +SIZE\n[^]*gc would free/,
    );
    expect((await stowage('report --root absent')).code).toBe(3);
  });
});
