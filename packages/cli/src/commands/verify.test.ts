import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, savedLine } from '../../testing/stowage.js';

/** Flips one bit of the layer of the archive. */
async function damage(cwd: string): Promise<void> {
  const path = join(cwd, ARCHIVE);
  const bytes = await readFile(path);
  const at = bytes.indexOf('opt/a');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('stowage verify', () => {
  it('prints how much it read', async () => {
    const { said, json } = await savedLine();
    expect(await said(`verify ${ARCHIVE}`)).toMatch(
      new RegExp(`^${ARCHIVE} {2}ok \\(1 image, .*\\)\n$`),
    );
    expect(await json(`verify ${ARCHIVE}`)).toMatchObject({ results: [{ ok: true }] });
  });

  it('exits 4 for a problem, which it prints with its code', async () => {
    const { stowage, cwd } = await savedLine();
    await damage(cwd);
    const { code, stdout } = await stowage(`verify ${ARCHIVE}`);
    expect(code).toBe(4);
    expect(stdout).toMatch(/ {2}1 problem \(/);
    expect(stdout).toMatch(/^ {2}CORRUPT {2}.* \(at byte \d+\)$/m);
  });

  it('writes a page with the results', async () => {
    const { said, cwd } = await savedLine();
    await said(`verify ${ARCHIVE} --report audit.html`);
    expect(await readFile(join(cwd, 'audit.html'), 'utf8')).toContain(ARCHIVE);
  });

  it('exits 3 where there is nothing', async () => {
    const { stowage } = await savedLine();
    expect(await stowage('verify absent.tar')).toMatchObject({ code: 3, stdout: '' });
  });
});
