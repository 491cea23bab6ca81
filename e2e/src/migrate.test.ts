import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { createNxWorkspace } from './nx-workspace.js';
import { must, temporaryFolder } from './run.js';

const PACKAGES = join(import.meta.dirname, '../../packages');
const BEFORE = '0.1.0';
/** Uses the installed Nx instead of the newest. */
const LOCAL = { NX_MIGRATE_USE_LOCAL: 'true' };

/** Publishes the current build as the previous version too, so that nx migrate finds an update. */
async function publishBefore(): Promise<void> {
  for (const name of ['core', 'images']) {
    const folder = join(await temporaryFolder(), name);
    const skipped = new Set(['node_modules', 'test-output', 'out-tsc']);
    for (const each of await readdir(join(PACKAGES, name)))
      if (!skipped.has(each))
        await cp(join(PACKAGES, name, each), join(folder, each), { recursive: true });
    const path = join(folder, 'package.json');
    const text = (await readFile(path, 'utf8')).replace(
      /("(?:version|@stowage\/core)": ")[^"]+/g,
      `$1${BEFORE}`,
    );
    await writeFile(path, text);
    const userconfig = ['--userconfig', inject('npmrc')];
    await must('npm', ['publish', '--no-provenance', '--tag', 'before', ...userconfig], {
      cwd: folder,
    });
  }
}

it('migrates a workspace and its definitions from the previous version', async () => {
  await publishBefore();
  const { version } = JSON.parse(await readFile(join(PACKAGES, 'images/package.json'), 'utf8')) as {
    version: string;
  };
  const workspace = await createNxWorkspace('23.2.1', LOCAL, BEFORE);
  try {
    const definition = 'apps/app/images/debian-13-base/image.yaml';
    await workspace.write(
      definition,
      '# kept\nproject: app\nos: debian-13\nvariant: base\nplatform: linux/arm64\n',
    );
    await workspace.commit('as it was');
    await workspace.nx('migrate', `@stowage/images@${version}`);
    await must('npm', ['install'], { cwd: workspace.root });
    await workspace.nx('migrate', '--run-migrations', '--if-exists');
    expect(await workspace.read(definition)).toBe(
      '# kept\nproject: app\nos: debian-13\nvariant: base\nplatforms: [ linux/arm64 ]\n',
    );
    const installed = await workspace.read('node_modules/@stowage/core/package.json');
    expect((JSON.parse(installed) as { version: string }).version).toBe(version);
    expect(await workspace.nx('show', 'project', 'app-debian-13-base', '--json')).toContain(
      'image-save',
    );
  } finally {
    await workspace.remove();
  }
});
