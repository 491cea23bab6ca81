import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { BASE, HEAD, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { lockPath } from '../../catalog/file.js';
import { STALE_MS, withLock } from '../../disk/lock.js';
import { archiveOf, openWorkspace } from '../workspace/workspace.js';
import { doctor, type DoctorOptions } from './doctor.js';

/** A workspace with one saved image. */
async function start(files: Readonly<Record<string, string>> = {}) {
  const made = await workspaceOf(files);
  const { workspace, call, cwd } = made;
  await savePath(workspace, BASE, call);
  const archive = archiveOf(workspace, NAME);
  const examine = (options: Partial<DoctorOptions> = {}) =>
    doctor(workspace, { ...call, ...options });
  const kinds = async (options: Partial<DoctorOptions> = {}) =>
    (await examine(options)).problems.map(({ kind, name }) => `${kind} ${name}`).sort();
  return { ...made, archive, folder: join(cwd, 'images/app'), examine, kinds };
}

const CATALOG = 'images/image-registry.yml';

describe('the problems of a workspace', () => {
  it('are none after a save', async () => {
    const { examine } = await start();
    const { problems, fixed, engine } = await examine();
    expect([problems, fixed]).toEqual([[], []]);
    expect(engine).toContain('.stowage/store');
  });

  it('are stray, moved and damaged files, each with its way out', async () => {
    const { folder, archive, examine, kinds } = await start();
    await writeFile(join(folder, 'stray.image.json'), '{}');
    await writeFile(join(folder, 'Old Name.tar'), 'x');
    await rename(archive, join(folder, 'moved.tar'));
    expect(await kinds()).toEqual([
      'damaged-record stray',
      `missing ${NAME}`,
      'orphan Old Name',
      'orphan moved',
      `stray-record ${NAME}`,
    ]);
    for (const { fix, path } of (await examine()).problems)
      expect([fix.length > 0, path.startsWith('/')]).toEqual([true, true]);
  });

  it.each([
    [
      'names a file outside of the folders',
      '{ name: a-debian-12-b, file: OUTSIDE }',
      'elsewhere a-debian-12-b',
    ],
    ['has no name', '{ file: app/x.tar }', 'invalid'],
  ])('are an entry that %s', async (_, entry, expected) => {
    const { cwd, kinds } = await start();
    const outside = join(await temporaryFolder(), 'x.tar');
    await writeFile(outside, 'x');
    const text = await readFile(join(cwd, CATALOG), 'utf8');
    await writeFile(
      join(cwd, CATALOG),
      `${text.trimEnd()}\n  - ${entry.replace('OUTSIDE', outside)}\n`,
    );
    expect(await kinds()).toEqual([expect.stringContaining(expected)]);
  });

  it('are definitions of one name', async () => {
    const text = `${HEAD.replace('base', 'twice')}copy: [{ from: files, to: /opt }]\n`;
    const { cwd, examine } = await start({
      'apps/a/images/one/image.yaml': text,
      'apps/b/images/two/image.yaml': text,
    });
    const [one, two] = ['apps/a/images/one', 'apps/b/images/two'].map((each) =>
      join(cwd, each, 'image.yaml'),
    );
    const name = 'app-debian-12-twice';
    const detail = `has the same name as ${two}`;
    expect((await examine()).problems).toMatchObject([
      { kind: 'same-name', name, path: one, detail },
    ]);
  });

  it('are an archive that its record does not describe', async () => {
    const { archive, kinds } = await start();
    await writeFile(archive, 'another');
    expect(await kinds()).toEqual([`changed ${NAME}`]);
  });
});

describe('a repair', () => {
  it('removes records without an archive, and corrects the catalog', async () => {
    const { archive, folder, examine } = await start();
    await rm(archive);
    const { fixed, problems } = await examine({ fix: true });
    expect(fixed.map(({ kind }) => kind).sort()).toEqual(['missing', 'stray-record']);
    expect(problems).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('changes nothing in a dry run', async () => {
    const { archive, folder, examine, kinds } = await start();
    await rm(archive);
    const before = await kinds();
    expect((await examine({ fix: true, dryRun: true })).fixed).toEqual([]);
    expect(await kinds()).toEqual(before);
    expect(await readdir(folder)).toEqual([`${NAME}.image.json`]);
  });

  it('never deletes an archive', async () => {
    const { folder, examine } = await start();
    await writeFile(join(folder, 'stray.tar'), 'x');
    const { fixed, problems } = await examine({ fix: true });
    expect([fixed, problems.map(({ kind }) => kind)]).toEqual([[], ['orphan']]);
    expect(await readdir(folder)).toContain('stray.tar');
  });

  it('finishes the commit of an archive that was interrupted', async () => {
    const { archive, folder, examine, kinds } = await start();
    await rename(archive, `${archive}.partial`);
    expect(await kinds()).toContain(`leftover ${NAME}.tar.partial`);
    await examine({ fix: true });
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('removes what a process left that was killed a moment ago, whose lock still looks held', async () => {
    const { folder, examine } = await start();
    const left = ['pulled.tar.001.new', 'pulled.tar.writing.partial'].map((name) =>
      join(folder, name),
    );
    for (const path of left) await writeFile(path, 'x');
    await mkdir(join(folder, 'pulled.tar.lock'));
    const renewed = Date.now() / 1000 - STALE_MS / 1000 + 1;
    await utimes(join(folder, 'pulled.tar.lock'), renewed, renewed);
    const steps: unknown[] = [];
    const { fixed, problems } = await examine({ fix: true, onEvent: (step) => steps.push(step) });
    expect(fixed).toMatchObject(left.map((path) => ({ kind: 'leftover', path })));
    expect(problems).toEqual([]);
    expect(steps).toMatchObject([{ type: 'step', subject: left[0] }]);
  });

  it('waits for the process that holds the name of a record', async () => {
    const { archive, examine, workspace } = await start();
    await rm(archive);
    let repairing: Promise<unknown> | undefined;
    await withLock(lockPath(workspace.place, NAME), async () => {
      repairing = examine({ fix: true });
      // A whole diagnosis takes longer than the part of the repair that finds the record.
      await examine();
      // The process that holds the name saves the image again.
      await writeFile(archive, 'saved again');
    });
    await repairing;
    expect(await readdir(join(archive, '..'))).toContain(`${NAME}.image.json`);
  });
});

it('a home folder that is no workspace is not searched, but the environment is checked', async () => {
  const cwd = await temporaryFolder();
  for (const name of ['one', 'two']) {
    await mkdir(join(cwd, name, 'images/x'), { recursive: true });
    await writeFile(join(cwd, name, 'images/x/image.yaml'), `${HEAD}copy: []\n`);
  }
  const examine = async (home: string, fix?: boolean) =>
    doctor(await openWorkspace(cwd, { surroundings: { home } }), { engine: 'embedded', fix });
  for (const fix of [false, true])
    expect(await examine(cwd, fix)).toMatchObject({
      problems: [],
      environment: [{ name: 'node' }, {}, {}, {}],
    });
  expect((await readdir(cwd)).sort()).toEqual(['one', 'two']);
  // Any other folder is.
  expect(await examine(join(cwd, '..'))).toMatchObject({ problems: [{ kind: 'same-name' }] });
});

it('no engine is no problem of archives', async () => {
  const { workspace, cwd } = await start();
  const options = { engine: 'docker', host: `unix://${cwd}/none.sock` } as const;
  expect((await doctor(workspace, options)).engine).toBeNull();
});
