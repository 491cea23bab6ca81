import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createNxWorkspace } from './nx-workspace.js';
import { must, temporaryFolder } from './run.js';

const PACKAGES = join(import.meta.dirname, '../../packages');
const BEFORE = '0.1.0';
/** Later than the version of any migration. */
const AFTER = '0.9.0';
const WORKFLOW = '.github/workflows/images.yml';
/** Uses the installed Nx instead of the newest. */
const LOCAL = { NX_MIGRATE_USE_LOCAL: 'true' };

/** Publishes the current build as another version, so that nx migrate finds an update. */
async function publishAs(version: string, tag: string): Promise<void> {
  for (const name of ['core', 'images']) {
    const folder = join(await temporaryFolder(), name);
    const skipped = new Set(['node_modules', 'test-output', 'out-tsc']);
    for (const each of await readdir(join(PACKAGES, name)))
      if (!skipped.has(each))
        await cp(join(PACKAGES, name, each), join(folder, each), { recursive: true });
    const path = join(folder, 'package.json');
    const text = (await readFile(path, 'utf8')).replace(
      /("(?:version|@stowage\/core)": ")[^"]+/g,
      `$1${version}`,
    );
    await writeFile(path, text);
    const userconfig = ['--userconfig', inject('npmrc')];
    await must('npm', ['publish', '--no-provenance', '--tag', tag, ...userconfig], {
      cwd: folder,
    });
  }
}

it('migrates a workspace and its definitions from the previous version', async () => {
  await publishAs(BEFORE, 'before');
  await publishAs(AFTER, 'after');
  const workspace = await createNxWorkspace('23.2.1', LOCAL, BEFORE);
  try {
    const definition = 'apps/app/images/debian-13-base/image.yaml';
    await workspace.write(
      definition,
      '# kept\nproject: app\nos: debian-13\nvariant: base\nplatform: linux/arm64\n',
    );
    const older = await readFile(
      join(PACKAGES, 'images/src/migrations/update-0-2-1/older.yml'),
      'utf8',
    );
    await workspace.write(WORKFLOW, older);
    const remote = ['remote', 'add', 'origin', 'https://github.com/acme/app.git'];
    await must('git', remote, { cwd: workspace.root });
    // A direct dependency on another package of the group moves, too.
    const manifest = JSON.parse(await workspace.read('package.json')) as object;
    const dependencies = { '@stowage/core': BEFORE };
    await workspace.write('package.json', JSON.stringify({ ...manifest, dependencies }));
    await workspace.commit('as it was');
    await workspace.nx('migrate', `@stowage/images@${AFTER}`);
    expect(JSON.parse(await workspace.read('package.json'))).toMatchObject({
      dependencies: { '@stowage/core': AFTER },
    });
    await must('npm', ['install'], { cwd: workspace.root });
    await workspace.nx('migrate', '--run-migrations', '--if-exists');
    expect(await workspace.read(definition)).toBe(
      '# kept\nproject: app\nos: debian-13\nvariant: base\nplatforms: [ linux/arm64 ]\n',
    );
    const installed = await workspace.read('node_modules/@stowage/core/package.json');
    expect((JSON.parse(installed) as { version: string }).version).toBe(AFTER);
    expect(await workspace.read(WORKFLOW)).toContain('STOWAGE_SHARE: read-write');
    expect(await workspace.read('stowage.yaml')).toContain('ghcr.io/acme/app/images');
    expect(await workspace.nx('show', 'project', 'app-debian-13-base', '--json')).toContain(
      'image-save',
    );
  } finally {
    await workspace.remove();
  }
});
