import { copyFile, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PruneResult } from '@stowage/core';
import { describe, expect, inject, it } from 'vitest';
import { mountTmpfs, used } from './file-system.js';
import { createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, stowage } from './run.js';

const OLD = Array.from({ length: 4 }, (_, n) => `app/${NAME}-old${n}.tar`);
const RULES = ['--keep-newest', '1', '--min-age', '1d'];
const RECORD = (file: string) => file.replace(/\.tar$/, '.image.json');

/** Saves the newest archive of a name and older ones of the same name, as older tools left them. */
async function withOldArchives(cwd: string): Promise<void> {
  await stowage(['build', DEFINITION, '--save', '--engine', 'embedded'], { cwd });
  const images = join(cwd, 'images');
  const entries: string[] = [];
  for (const [at, file] of OLD.entries()) {
    await put(cwd, `${DEFINITION}/files/big`, `${at}`.repeat(300_000 + at * 5000));
    await stowage(['build', DEFINITION, '--save', '--engine', 'embedded'], { cwd });
    await rename(join(images, `app/${NAME}.tar`), join(images, file));
    await rename(join(images, `app/${NAME}.image.json`), join(images, RECORD(file)));
    entries.push(`  - { name: ${NAME}, file: ${file}, created: 2020-01-0${at + 1} }`);
  }
  await put(cwd, `${DEFINITION}/files/big`, 'new'.repeat(100_000));
  await stowage(['build', DEFINITION, '--save', '--engine', 'embedded'], { cwd });
  const catalog = join(images, 'image-registry.yml');
  await writeFile(catalog, `${await readFile(catalog, 'utf8')}${entries.join('\n')}\n`);
}

function prune(cwd: string, ...args: string[]): Promise<PruneResult> {
  return json<PruneResult>(['prune', ...args, '--engine', 'embedded'], { cwd });
}

const going = ({ decisions }: PruneResult) =>
  decisions.filter(({ action }) => action === 'delete').map(({ path }) => path);

describeWith(
  ['mount', 'umount'],
  'on a file system of its own',
  () => {
    it('frees the reported space: the dry run, the run and df agree', async () => {
      const cwd = await createWorkspace();
      const images = join(cwd, 'images');
      await mountTmpfs(images, 'size=64m');
      await withOldArchives(cwd);
      const plan = await prune(cwd, ...RULES, '--dry-run');
      expect(going(plan).sort()).toEqual(OLD);
      const before = await used(images);
      const done = await prune(cwd, ...RULES);
      expect(done).toEqual(plan);
      expect(before - (await used(images))).toBe(done.freedBytes);
      expect(await readdir(join(images, 'app'))).toEqual([`${NAME}.image.json`, `${NAME}.tar`]);
    });

    it('deletes the least recently used archives, no more than needed, and exits 7 when that is not enough', async () => {
      const cwd = await createWorkspace();
      const images = join(cwd, 'images');
      await mountTmpfs(images, 'size=64m');
      await withOldArchives(cwd);
      const free = 64 * 1024 * 1024 - (await used(images));
      const some = await prune(cwd, '--min-free', `${free + 400_000}`);
      expect(going(some).sort()).toEqual(OLD.slice(0, 2));
      expect(some.shortfallBytes).toBe(0);
      const all = await stowage(['prune', '--min-free', '64MB', '--engine', 'embedded', '--json'], {
        cwd,
      });
      expect(all.code).toBe(7);
      const document = JSON.parse(all.stdout) as PruneResult & { error: { code: string } };
      expect(document.error.code).toBe('NO_SPACE');
      expect(document.shortfallBytes).toBe(await used(images));
      expect(await readdir(join(images, 'app'))).toEqual([`${NAME}.image.json`, `${NAME}.tar`]);
    });
  },
  { root: true },
);

describe('prune', () => {
  it('may run twice at the same time: each archive is deleted once, and nothing else', async () => {
    const cwd = await createWorkspace();
    await withOldArchives(cwd);
    const results = await Promise.all(Array.from({ length: 4 }, () => prune(cwd, ...RULES)));
    for (const { decisions } of results) expect(decisions.length).toBeGreaterThan(0);
    expect(await readdir(join(cwd, 'images/app'))).toEqual([`${NAME}.image.json`, `${NAME}.tar`]);
    const { entries } = await json<{ entries: { file: string; state: string }[] }>(['ls'], { cwd });
    expect(entries).toMatchObject([{ file: `app/${NAME}.tar`, state: 'ok' }]);
    expect((await stowage(['doctor', '--engine', 'embedded'], { cwd })).code).toBe(0);
  });

  it('follows stowage.yaml and the definition, also with the old key', async () => {
    const cwd = await createWorkspace({
      'stowage.yaml': 'prune: { keep_newest: 2, min_age: 1d }\n',
    });
    await withOldArchives(cwd);
    expect(going(await prune(cwd, '--dry-run'))).toHaveLength(3);
    expect(going(await prune(cwd, '--dry-run', '--keep', '*-gcc15'))).toEqual([]);
    const definition = join(cwd, DEFINITION, 'image.yaml');
    await writeFile(
      definition,
      `${await readFile(definition, 'utf8')}retention: { keep_newest: 4 }\n`,
    );
    expect(going(await prune(cwd, '--dry-run'))).toHaveLength(1);
    await put(cwd, 'stowage.yaml', 'disk_min_free_gb: 1000000\n');
    const { code } = await stowage(['prune', '--dry-run', '--engine', 'embedded'], { cwd });
    expect(code).toBe(7);
  });

  it('deletes orphans on request, leftovers always, and images of the store by the rules, and shows Nx’s cache', async () => {
    const cwd = await createWorkspace();
    await stowage(['build', DEFINITION, '--save'], { cwd });
    await stowage(['load', NAME, '--engine', 'embedded'], { cwd });
    const images = join(cwd, 'images/app');
    await copyFile(join(images, `${NAME}.tar`), join(images, 'copied.tar'));
    await put(cwd, 'images/app/dead.tar.partial', 'x');
    await put(cwd, '.nx/cache/1/terminalOutput', 'x'.repeat(10_000));
    const longAgo = new Date(Date.now() - 86_400_000);
    for (const file of ['copied.tar', 'dead.tar.partial'])
      await utimes(join(images, file), longAgo, longAgo);
    const kinds = async (...args: string[]) =>
      (await prune(cwd, '--dry-run', ...args)).decisions.map(
        ({ kind, name, action }) => `${action} ${kind} ${name}`,
      );
    expect((await kinds()).sort()).toEqual(
      [
        'delete leftover dead.tar.partial',
        'keep archive copied',
        `keep archive ${NAME}`,
        'keep nx-cache nx',
        `keep store ${NAME}`,
      ].sort(),
    );
    expect(await kinds('--orphans')).toContain('delete archive copied');
    await prune(cwd, '--orphans');
    expect((await readdir(images)).sort()).toEqual([`${NAME}.image.json`, `${NAME}.tar`]);
  });
});

describeWith(
  [...DOCKER, 'docker', 'busybox'],
  'with a Docker Engine',
  () => {
    it('deletes copies of archives, but never the image of a container', async () => {
      const cwd = await createWorkspace({}, { busybox: true });
      const host = inject('dockerHost');
      const env = { DOCKER_HOST: host };
      await stowage(['build', DEFINITION, '--save'], { cwd });
      await stowage(['load', NAME, '--host', host], { cwd });
      const docker = (...args: string[]) => must('docker', args, { env });
      const container = (await docker('create', '--network=none', NAME)).trim();
      const args = ['prune', '--engine', 'docker', '--host', host, '--max-used', '1B', '--json'];
      const decisionsOf = async () => {
        const { stdout } = await stowage(args, { cwd });
        const { decisions } = JSON.parse(stdout) as PruneResult;
        return decisions.map(({ kind, action, rule }) => `${action} ${kind} ${rule}`);
      };
      expect(await decisionsOf()).toEqual(['keep archive in-use', 'keep engine in-use']);
      await docker('rm', container);
      expect(await decisionsOf()).toEqual(['keep archive newest', 'delete engine max-used']);
      expect(await docker('images', '-q', NAME)).toBe('');
    });
  },
  { root: true },
);
