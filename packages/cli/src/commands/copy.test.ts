import { arch } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ARCHIVE, NAME, pushedLine, savedLine } from '../../testing/stowage.js';

describe('stowage copy', () => {
  it('prints what it copied, in a dry run what it would copy', async () => {
    const { said, json, stowage } = await savedLine();
    expect(await said(`copy ${NAME} x.tar --dry-run`)).toMatch(
      `${NAME}:latest  would copy to x.tar (≤ `,
    );
    expect((await stowage('inspect x.tar')).code).toBe(3);
    expect(await said(`copy ${NAME} x.tar`)).toMatch(`${NAME}:latest  copied to x.tar (`);
    expect(await json(`copy ${ARCHIVE} oci:layout`)).toMatchObject({
      results: [{ destination: 'oci:layout' }],
    });
  });

  it('prints how much of a delta is new', async () => {
    const { said } = await savedLine();
    await said(`copy ${NAME} base.tar`);
    expect(await said(`copy ${NAME} delta.tar --base base.tar`)).toMatch(/, 0 B new, /);
  });

  it('writes the archive to standard output, and says so on the other one', async () => {
    const { stowage } = await savedLine();
    const { code, stdout, stderr } = await stowage(`copy ${NAME} -`);
    expect([code, stdout.includes('oci-layout')]).toEqual([0, true]);
    expect(stderr).toContain('copied to -');
  });

  it('copies the tags of a repository, and only what differs', async () => {
    const { said, stowage, host } = await pushedLine();
    const [from, to] = [`${host}/team/app`, `${host}/copy/app`];
    expect(await said(`copy ${from} ${to} --all-tags`)).toContain(`${to}:1  copied, `);
    expect(await said(`copy ${from} ${to} --all-tags`)).toBe('1 were up to date\n');
    expect(await said(`copy ${from} ${to} --tags none-*`)).toBe('');
    expect((await stowage(`copy ${from} --all-tags`)).code).toBe(2);
    await expect(stowage(`copy ${from} ${to} --all-tags --all`)).rejects.toThrow('cannot be used');
  });

  it('copies chosen platforms, or refuses', async () => {
    const { said, stowage } = await savedLine();
    const own = `--platform ${arch()}`;
    expect(await said(`copy ${ARCHIVE} x.tar ${own}`)).toContain('copied to x.tar');
    const { code, stderr } = await stowage(`copy ${ARCHIVE} y.tar ${own} --platform riscv64`);
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('no image for linux/riscv64, only'),
    ]);
    const both = stowage(`copy ${ARCHIVE} y.tar --all-platforms --platform riscv64`);
    await expect(both).rejects.toThrow('cannot be used');
  });

  it.each([
    [`${ARCHIVE} x.tar --platform /`, 2],
    [`absent.tar x.tar`, 3],
    [`${ARCHIVE} store:`, 2],
  ])('%s exits %i', async (args, code) => {
    const { stowage } = await savedLine();
    expect(await stowage(`copy ${args}`)).toMatchObject({ code, stdout: '' });
  });
});
