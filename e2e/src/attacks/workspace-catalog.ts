import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListEntry } from '@stowage/core';
import { expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from '../fixture.js';
import { PROGRAM, SCRIPT, json, must, stowage, temporaryFolder } from '../run.js';

const OLD = '2020-01-01T00:00:00Z';
const entry = (name: string, file: string) =>
  `  - { name: ${name}, file: '${file}', created: '${OLD}', last_used: '${OLD}' }\n`;
const states = async (cwd: string) =>
  (await json<{ entries: ListEntry[] }>(['ls'], { cwd })).entries.map(({ file, state }) => [
    file,
    state,
  ]);

/** Creates a workspace with one saved image, and a folder outside it whose files must stay untouched. */
async function createWithVictim() {
  const parent = await temporaryFolder();
  const cwd = join(parent, 'workspace');
  await rename(await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' }), cwd);
  await must(PROGRAM, [...SCRIPT, 'build', DEFINITION, '--save'], { cwd });
  const victim = join(parent, 'victim');
  for (const file of ['db.sqlite', 'db.sqlite.partial', 'db.sqlite.image.json', 'x.tar.partial'])
    await put(victim, file, file);
  const files = await readdir(victim);
  const untouched = async () => expect(await readdir(victim)).toEqual(files);
  return { cwd, victim, untouched };
}

/** Runs every command that deletes or repairs, with its widest options. */
async function cleanUp(cwd: string): Promise<void> {
  await stowage(['prune', '--orphans', '--unused-for=1s', '--keep-newest=1', '--max-used=0'], {
    cwd,
  });
  await stowage(['doctor', '--fix'], { cwd });
}

/** Tests of a workspace whose catalog names files outside it. */
export function catalogAttacks(): void {
  it('cannot delete files outside the folder of archives, and other entries work', async () => {
    const { cwd, victim, untouched } = await createWithVictim();
    const entries = [
      entry('app-ubuntu-25.04-evil', '../../victim/db.sqlite'),
      entry('app-ubuntu-25.04-worse', join(victim, 'db.sqlite')),
      entry('../../victim/lock', `app/${NAME}.tar`),
      entry(NAME, `app/${NAME}.tar`),
    ];
    await put(cwd, 'images/image-registry.yml', `images:\n${entries.join('')}`);
    expect(await states(cwd)).toContainEqual(['../../victim/db.sqlite', 'elsewhere']);
    await cleanUp(cwd);
    await untouched();
    const { code, stderr } = await stowage(['load', 'app-ubuntu-25.04-evil'], { cwd });
    expect([code, stderr]).toEqual([4, expect.stringContaining('is outside the workspace')]);
    expect((await stowage(['load', NAME], { cwd })).code).toBe(0);
  });

  it('can read archives in a folder that the settings name, but never delete them', async () => {
    const { cwd, victim } = await createWithVictim();
    const file = `../../victim/${NAME}.tar`;
    await rename(join(cwd, ARCHIVE), join(victim, `${NAME}.tar`));
    await put(cwd, 'images/image-registry.yml', `images:\n${entry(NAME, file)}`);
    expect((await stowage(['load', NAME], { cwd })).code).not.toBe(0);
    await put(cwd, 'stowage.yaml', 'engine: embedded\narchives: [../victim]\n');
    expect((await stowage(['load', NAME], { cwd })).code).toBe(0);
    await cleanUp(cwd);
    expect(existsSync(join(victim, `${NAME}.tar`))).toBe(true);
  });

  it('can lose a link below the folder of archives, but never its target', async () => {
    const { cwd, victim, untouched } = await createWithVictim();
    await mkdir(join(cwd, 'images/more'));
    await symlink(join(victim, 'db.sqlite'), join(cwd, 'images/more/app-ubuntu-25.04-evil.tar'));
    await symlink(victim, join(cwd, 'images/victim'));
    for (const file of await readdir(victim)) await utimes(join(victim, file), 1, 1);
    const evil = entry('app-ubuntu-25.04-evil', 'more/app-ubuntu-25.04-evil.tar');
    const through = entry('app-ubuntu-25.04-x', 'victim/db.sqlite');
    await put(cwd, 'images/image-registry.yml', `images:\n${evil}${through}`);
    await cleanUp(cwd);
    await untouched();
  });

  it('cannot save an image through a link out of the workspace', async () => {
    const { cwd, victim, untouched } = await createWithVictim();
    await rename(join(cwd, 'images/app'), join(cwd, 'images/old'));
    await symlink(victim, join(cwd, 'images/app'));
    await put(cwd, `${DEFINITION}/files/hello`, 'other\n');
    const { code, stderr } = await stowage(['build', DEFINITION, '--save'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toContain('images/app: a symbolic link that leads out of');
    await untouched();
  });
}
