import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { withLock } from '../../disk/lock.js';
import { doctor } from '../inspect/doctor.js';
import { prune } from '../prune/prune.js';

/** Files of other programs, or of a set of parts that the next write completes. */
const NOT_OURS = [
  'templates/header.partial',
  'notes.001.new',
  'node_modules/x.tar.writing.partial',
  'sets/b.tar.001.new',
  'sets/b.tar.sha256.new',
];
/** Files that `prune` removes and `doctor` leaves: they are in `.stowage`, beside no archive. */
const INTERNAL = '.stowage/catalog.json.0123456789ab.partial';
const LEFT = [
  'images/app/x.0123456789ab.partial',
  'medium/a.tar.001.new',
  'medium/a.tar.002.new',
  'medium/c.tar.resume.partial',
  'medium/c.tar.writing.partial',
  'release.tar.0123456789ab.partial',
];

async function setUp() {
  const made = await workspaceOf();
  const long = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const file of [...NOT_OURS, ...LEFT, INTERNAL]) {
    const path = join(made.cwd, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
    await utimes(path, long, long);
  }
  const names = async () =>
    (await readdir(made.cwd, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(made.cwd.length + 1))
      .filter((name) => /\.(?:partial|new)$/.test(name))
      .sort();
  const shown = (path: string) => path.replace(`${made.cwd}/`, '');
  return { ...made, names, shown };
}

it('doctor shows leftovers of every kind, and removes them', async () => {
  const { workspace, call, names, shown } = await setUp();
  const { problems } = await doctor(workspace, call);
  expect(problems.filter(({ kind }) => kind === 'leftover').map(({ path }) => shown(path))).toEqual(
    LEFT,
  );
  await doctor(workspace, { ...call, fix: true });
  expect(await names()).toEqual([INTERNAL, ...NOT_OURS].sort());
});

it('prune removes the same leftovers, an hour after they were written', async () => {
  const { workspace, call, cwd, names } = await setUp();
  const young = join(cwd, 'medium/young.tar.writing.partial');
  await writeFile(young, 'x');
  const { decisions } = await prune(workspace, call);
  expect(
    decisions
      .filter(({ action }) => action === 'delete')
      .map(({ path }) => path)
      .sort(),
  ).toEqual([INTERNAL, ...LEFT]);
  expect(await names()).toEqual([...NOT_OURS, 'medium/young.tar.writing.partial'].sort());
});

it('doctor and prune leave alone what a process is writing', async () => {
  const { workspace, call, cwd, names } = await setUp();
  await withLock(join(cwd, 'medium/a.tar.lock'), async () => {
    await doctor(workspace, { ...call, fix: true });
    await prune(workspace, call);
  });
  expect(await names()).toContain('medium/a.tar.001.new');
});
