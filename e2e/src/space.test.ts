import { appendFile, copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { list, openWorkspace } from '@stowage/core';
import { expect, it } from 'vitest';
import { mountTmpfs } from './file-system.js';
import { createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { describeWith } from './peers.js';
import { json, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const OLD = 'app-ubuntu-25.04-old';

async function save(cwd: string, definition = DEFINITION) {
  return stowage(['build', definition, '--save', '--engine', 'embedded'], { cwd });
}

async function states(cwd: string): Promise<string[]> {
  const entries = await list(await openWorkspace(cwd));
  return entries.map(({ name, state }) => `${name} ${state}`);
}

describeWith(
  ['mount', 'umount'],
  'a full disk',
  () => {
    it('gives exit 7 before anything is written, and leaves the old archive', async () => {
      const cwd = await createWorkspace();
      const images = join(cwd, 'images');
      await mountTmpfs(images, 'size=1m');
      expect((await save(cwd)).code).toBe(0);
      await put(cwd, `${DEFINITION}/files/big`, 'a'.repeat(2_000_000));
      const ran = await save(cwd);
      expect(ran.code).toBe(7);
      expect(ran.stderr).toMatch(/\d+ bytes are needed, \d+ are free/);
      expect(await states(cwd)).toEqual([`${NAME} ok`]);
      expect((await readdir(join(images, 'app'))).sort()).toEqual([
        `${NAME}.image.json`,
        `${NAME}.tar`,
      ]);
    });

    it('gives exit 7 for a sync that does not fit, and keeps what is there', async () => {
      const { host } = await startServe(['--root', await temporaryFolder()]);
      const [full, cwd] = [await createWorkspace(), await createWorkspace()];
      await put(full, `${DEFINITION}/files/big`, 'a'.repeat(2_000_000));
      expect((await save(full)).code).toBe(0);
      expect((await stowage(['sync', './images', `${host}/ci`], { cwd: full })).code).toBe(0);
      await mountTmpfs(join(cwd, 'images'), 'size=1m');
      expect((await save(cwd)).code).toBe(0);
      const ran = await stowage(['sync', `${host}/ci`, './images'], { cwd });
      expect(ran.code, ran.stderr).toBe(7);
      expect(await states(cwd)).toEqual([`${NAME} ok`]);
    });

    it('is pruned by the rules to make room', async () => {
      const cwd = await createWorkspace({ 'stowage.yaml': 'prune: { unused_for: 30d }\n' });
      const images = join(cwd, 'images');
      await mountTmpfs(images, 'size=3m');
      await put(cwd, `${DEFINITION}/files/big`, 'a'.repeat(1_500_000));
      expect((await save(cwd)).code).toBe(0);
      // Only an older archive of the name may be deleted.
      await copyFile(join(images, `app/${NAME}.tar`), join(images, `app/${OLD}.tar`));
      await appendFile(
        join(images, 'image-registry.yml'),
        `  - { name: ${NAME}, file: app/${OLD}.tar, created: 2020-01-01 }\n`,
      );
      await put(cwd, `${DEFINITION}/files/big`, 'b'.repeat(1_200_000));
      const ran = await save(cwd);
      expect(ran.stderr).toContain('bytes were freed by the rules of prune');
      expect(ran.code).toBe(0);
      expect(await states(cwd)).toEqual([`${NAME} ok`]);
    });

    it('that fills up at any step leaves the old state', async () => {
      const outcomes = new Set<number | null>();
      // Each file needs an inode: with n free inodes, a later step fails for each n.
      for (let inodes = 4; !outcomes.has(0); inodes++) {
        expect(inodes).toBeLessThan(40);
        const cwd = await createWorkspace();
        const images = join(cwd, 'images');
        await mountTmpfs(images, `size=8m,nr_inodes=${inodes}`);
        const ran = await save(cwd);
        outcomes.add(ran.code);
        if (ran.code !== 0) {
          expect(ran.code, ran.stderr).toBe(7);
          expect(ran.stderr).toContain('the disk is full');
        }
        const left = (await readdir(images, { recursive: true })).filter((file) =>
          file.endsWith('.partial'),
        );
        expect(left).toEqual([]);
        for (const state of await states(cwd)) expect(state).toBe(`${NAME} ok`);
      }
      expect([...outcomes].sort()).toEqual([0, 7]);
    });

    it('of the store gives exit 7 before a layer is written', async () => {
      const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(3_000_000) });
      const store = join(cwd, '.stowage');
      await mountTmpfs(store, 'size=2m');
      expect((await save(cwd)).code).toBe(0);
      const ran = await json<{ error: { code: string } }>(['load', NAME, '--engine', 'embedded'], {
        cwd,
      });
      expect(ran.error.code).toBe('NO_SPACE');
      expect(await readdir(store)).not.toContain('store');
    });
  },
  { root: true },
);
