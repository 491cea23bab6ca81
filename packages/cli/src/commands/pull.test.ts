import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { pushedLine } from '../../testing/stowage.js';

describe('stowage pull', () => {
  it('prints tag, digest and what it received; the next time nothing', async () => {
    const { said, image } = await pushedLine();
    expect(await said(`pull ${image} --dry-run`)).toMatch(
      new RegExp(`^${image}@sha256:\\w{64} {2}would pull, ≤ `),
    );
    expect(await said(`pull ${image}`)).toMatch(/ {2}pulled \(\d.* received\)\n$/);
    expect(await said(`pull ${image}`)).toMatch(/ {2}pulled \(0 B received\)\n$/);
  });

  it('writes an archive, once', async () => {
    const { said, stowage, json, image, cwd } = await pushedLine();
    await said(`pull ${image} -o app.tar --manifest`);
    expect(await readdir(cwd)).toEqual(
      expect.arrayContaining(['app.tar', 'app.tar.manifest.json']),
    );
    expect((await stowage(`pull ${image} -o app.tar`)).code).toBe(8);
    expect(await json(`pull ${image} -o app.tar --force`)).toMatchObject({
      results: [{ output: 'app.tar', tag: '1' }],
    });
  });

  it('writes the archive to standard output, and says so on the other one', async () => {
    const { stowage, image } = await pushedLine();
    const { code, stdout, stderr } = await stowage(`pull ${image} -o -`);
    expect([code, stdout.includes('oci-layout')]).toEqual([0, true]);
    expect(stderr).toMatch(/ {2}pulled \(/);
  });

  it.each([
    ['/team/absent:1', '', 3],
    ['/team/app:1', ' --no-cache', 2],
    ['/team/app:1', ' --platform linux/', 2],
    ['/team/app:1', ' --manifest', 2],
  ])('%s%s exits %i', async (reference, options, code) => {
    const { stowage, host } = await pushedLine();
    const ran = await stowage(`pull ${host}${reference}${options}`);
    expect(ran).toMatchObject({ code, stdout: '' });
  });
});
