import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkspace, DEFINITION, NAME, put } from '../fixture.js';
import { PROGRAM, SCRIPT, must, stowage, temporaryFolder } from '../run.js';

async function createSaved(): Promise<string> {
  const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
  await must(PROGRAM, [...SCRIPT, 'build', DEFINITION, '--save'], { cwd });
  return cwd;
}

/** Tests of a workspace with links in place of files and folders that Stowage writes. */
export function linkAttacks(): void {
  it('cannot write the usage journal through a link, and loads the image nevertheless', async () => {
    const cwd = await createSaved();
    const start = join(await temporaryFolder(), '.bashrc');
    await writeFile(start, '# mine\n');
    await rm(join(cwd, '.stowage/usage.0.jsonl'), { force: true });
    await symlink(start, join(cwd, '.stowage/usage.0.jsonl'));
    const { code, stderr } = await stowage(['load', NAME], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining('was not recorded')]);
    expect(stderr).toContain('usage.0.jsonl');
    expect(await readFile(start, 'utf8')).toBe('# mine\n');
  });

  it('cannot inject a command by the name in a record', async () => {
    const cwd = await createSaved();
    const path = join(cwd, `images/app/${NAME}.image.json`);
    await writeFile(path, (await readFile(path, 'utf8')).replace(`"${NAME}"`, '"$(touch /x)"'));
    const { code, stderr } = await stowage(['load', `images/app/${NAME}.tar`], { cwd });
    expect([code, stderr]).toEqual([4, expect.stringContaining('the record of an archive')]);
  });

  it.each(['images/image-registry.yml.partial', '.stowage/usage.json', '.stowage/catalog.json'])(
    '%s is replaced, and its target left alone',
    async (file) => {
      const cwd = await createSaved();
      const target = join(await temporaryFolder(), 'target');
      await writeFile(target, 'mine');
      await rm(join(cwd, file), { force: true });
      await symlink(target, join(cwd, file));
      await put(cwd, `${DEFINITION}/files/hello`, 'other\n');
      await must(PROGRAM, [...SCRIPT, 'build', DEFINITION, '--save'], { cwd });
      await must(PROGRAM, [...SCRIPT, 'load', NAME], { cwd });
      expect(await readFile(target, 'utf8')).toBe('mine');
    },
  );

  it.each(['.stowage', '.stowage/builds', '.stowage/store/blobs', 'images'])(
    '%s that leads out of the workspace is refused by name',
    async (folder) => {
      const cwd = await createSaved();
      const elsewhere = await temporaryFolder();
      await mkdir(join(cwd, folder), { recursive: true });
      await rename(join(cwd, folder), join(cwd, 'moved'));
      await symlink(elsewhere, join(cwd, folder));
      const { code, stderr } = await stowage(['build', DEFINITION, '--save'], { cwd });
      expect([code, stderr]).toEqual([
        4,
        expect.stringContaining(`${folder}: a symbolic link that leads out of`),
      ]);
      expect(await readdir(elsewhere)).toEqual([]);
    },
  );
}
