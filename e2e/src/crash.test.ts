import { appendFile, copyFile, cp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  doctor,
  ensure,
  inspect,
  list,
  load,
  openWorkspace,
  prune,
  readDefinition,
  saveDefinition,
  verify,
  type PullResult,
  type SaveResult,
} from '@stowage/core';
import { expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const SNAPSHOTS = join(import.meta.dirname, 'snapshots.mjs');
/** More bytes than the manifest and config of an image here have. */
const SMALL_DOCUMENTS = 10_000;

it('leaves the old or the new archive after a killed save, and the next save repairs it', async () => {
  const old = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(700_000) });
  const before = await save(old);
  const next = await copyOf(old);
  await put(next, `${DEFINITION}/files/big`, 'b'.repeat(700_000));
  const killed = await copyOf(next);
  const { digest: after } = await save(next);

  const seen = new Set<string>();
  const steps = await killAtEveryStep(['build', DEFINITION, '--save'], killed, async (cwd) => {
    const workspace = await openWorkspace(cwd);
    const { images } = await inspect(workspace, ARCHIVE, call(cwd));
    seen.add(images[0]?.digest ?? '');
    expect(await load(workspace, [NAME], call(cwd))).toHaveLength(1);
    expect((await save(cwd)).digest).toBe(after);
    expect((await doctor(workspace, call(cwd))).problems).toEqual([]);
    expect(await list(workspace)).toMatchObject([{ name: NAME, digest: after, state: 'ok' }]);
  });
  expect(steps).toBeGreaterThan(10);
  expect([...seen].sort()).toEqual([before.digest, after].sort());
});

it('never shows a name without its complete image after a killed load, and the next load repairs it', async () => {
  const saved = await createWorkspace();
  const { digest } = await save(saved);
  const outcomes = new Set<string>();
  const steps = await killAtEveryStep(
    ['load', NAME, '--engine', 'embedded'],
    saved,
    async (cwd) => {
      const workspace = await openWorkspace(cwd);
      const inspected = await inspect(workspace, `store:${NAME}`, call(cwd)).catch(
        (error: { code: string }) => error,
      );
      if ('code' in inspected) outcomes.add(inspected.code);
      else {
        outcomes.add(inspected.images[0]?.digest ?? '');
        expect(inspected.images[0]?.platforms).toMatchObject([{ present: true }]);
      }
      expect(await load(workspace, [NAME], call(cwd))).toMatchObject([{ digest }]);
    },
  );
  expect(steps).toBeGreaterThan(10);
  expect([...outcomes].sort()).toEqual(['NOT_FOUND', digest]);
});

it('repairs the state after a killed ensure with the next ensure', async () => {
  const base = 'apps/app/images/ubuntu-25.04-base';
  const cwd = await createWorkspace({
    [`${base}/image.yaml`]:
      'project: app\nos: ubuntu-25.04\nvariant: base\ncopy: [{ from: x, to: /x }]\n',
    [`${base}/x`]: 'x\n',
    [`${DEFINITION}/image.yaml`]:
      'project: app\nos: ubuntu-25.04\nvariant: gcc15\nbase: app-ubuntu-25.04-base\ncopy: [{ from: files, to: /opt/app }]\n',
  });
  const request = { os: 'ubuntu-25.04', compiler: 'gcc15' };
  const args = ['ensure', '--os', 'ubuntu-25.04', '--compiler', 'gcc15', '--engine', 'embedded'];
  const steps = await killAtEveryStep(args, cwd, async (each) => {
    const workspace = await openWorkspace(each);
    const { jobs } = await ensure(workspace, request, call(each));
    expect(jobs).toMatchObject([
      { name: NAME, loaded: [{ action: expect.any(String) as string }] },
    ]);
    const again = await ensure(workspace, request, call(each));
    expect(again.jobs).toMatchObject([{ needs_build: false, loaded: [{ action: 'skipped' }] }]);
    expect((await doctor(workspace, call(each))).problems).toEqual([]);
  });
  expect(steps).toBeGreaterThan(30);
});

it('repairs the state after a killed prune with the next prune or doctor --fix', async () => {
  const cwd = await createWorkspace();
  await save(cwd);
  const files = ['old1', 'old2'].map((name) => `app/${name}.tar`);
  for (const file of files) await copyFile(join(cwd, ARCHIVE), join(cwd, 'images', file));
  const record = join(cwd, `images/app/${NAME}.image.json`);
  await copyFile(record, join(cwd, 'images/app/old1.image.json'));
  const entries = files.map(
    (file) => `  - { name: ${NAME}, file: ${file}, created: 2020-01-01 }\n`,
  );
  await appendFile(join(cwd, 'images/image-registry.yml'), entries.join(''));
  const rules = { keepNewest: { name: 1 }, engine: 'embedded' as const };
  const problems = async (each: string) =>
    (await doctor(await openWorkspace(each), call(each))).problems;
  const args = ['prune', '--keep-newest', '1', '--engine', 'embedded'];
  const steps = await killAtEveryStep(args, cwd, async (each) => {
    const workspace = await openWorkspace(each);
    const copy = await copyOf(each);
    await doctor(await openWorkspace(copy), { ...call(copy), fix: true });
    expect((await problems(copy)).filter(({ kind }) => kind !== 'misnamed')).toEqual([]);
    await prune(workspace, { ...call(each), ...rules });
    expect(await problems(each)).toEqual([]);
    expect(await list(workspace)).toMatchObject([{ name: NAME, state: 'ok' }]);
    expect(await load(workspace, [NAME], call(each))).toHaveLength(1);
  });
  expect(steps).toBeGreaterThan(5);
});

it('leaves the old or the new parts after a killed copy, and the next copy completes them', async () => {
  const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(25_000) });
  const before = await save(cwd);
  const copyParts = ['copy', NAME, 'parts/x.tar', '--split', '10KB', '--force'];
  expect((await stowage(copyParts, { cwd })).code).toBe(0);
  await put(cwd, `${DEFINITION}/files/big`, 'b'.repeat(5_000));
  const after = await save(cwd);
  const seen = new Set<string>();
  const steps = await killAtEveryStep(copyParts, cwd, async (each) => {
    // A lock of a dead process expires after some seconds; remove it instead of waiting.
    await rm(join(each, 'parts/x.tar.lock'), { recursive: true, force: true });
    const workspace = await openWorkspace(each);
    const verified = await verify(workspace, ['parts/x.tar'], call(each));
    expect(verified).toMatchObject([{ ok: true, images: 1 }]);
    const { images } = await inspect(workspace, 'parts/x.tar', call(each));
    seen.add(images[0]?.digest ?? '');
    expect((await stowage(copyParts, { cwd: each })).code).toBe(0);
    const sums = await readFile(join(each, 'parts/x.tar.sha256'), 'utf8');
    const names = sums.match(/x\.tar\.[0-9]{3}$/gm) ?? [];
    expect((await readdir(join(each, 'parts'))).sort()).toEqual([...names, 'x.tar.sha256']);
    expect((await inspect(workspace, 'parts/x.tar', call(each))).images).toMatchObject([
      { digest: after.digest },
    ]);
  });
  expect(steps).toBeGreaterThan(10);
  expect([...seen].sort()).toEqual([before.digest, after.digest].sort());
});

it('continues or removes what a killed pull left, with the next pull or doctor --fix', async () => {
  const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(2_500_000) });
  const { host } = await startServe(['--listen', '127.0.0.1:0', '--root', await temporaryFolder()]);
  const { digest } = await save(cwd);
  expect((await stowage(['push', NAME, '--to', host], { cwd })).code).toBe(0);
  const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const pull = ['pull', `${host}/library/${NAME}`, '--no-cache', '-o', 'out/x.tar', '--manifest'];
  const complete = ['x.tar', 'x.tar.manifest.json', 'x.tar.manifest.txt'];
  const isLock = (name: string) => name.endsWith('.lock');
  const steps = await killAtEveryStep(pull, cwd, async (each) => {
    const out = join(each, 'out');
    for (const name of (await readdir(out).catch(() => [])).filter(isLock))
      await rm(join(out, name), { recursive: true });
    const copy = await copyOf(each);
    await doctor(await openWorkspace(copy), { ...call(copy), fix: true });
    const kept = (await readdir(join(copy, 'out')).catch(() => [])).sort();
    // A file with a random name may be another process's for an hour.
    expect(kept.filter((name) => !/\.[0-9a-f]{12}\.partial$/.test(name))).toEqual(
      complete.filter((name) => kept.includes(name)),
    );
    expect(await stowage([...pull, '--force'], { cwd: each, env })).toMatchObject({ code: 0 });
    const there = (await readdir(out)).sort();
    expect(there.filter((name) => !/manifest.*\.partial$/.test(name))).toEqual(complete);
    const workspace = await openWorkspace(each);
    const { images } = await inspect(workspace, './out/x.tar', call(each));
    expect(images).toMatchObject([{ digest }]);
  });
  expect(steps).toBeGreaterThan(8);
});

it('continues or removes what a killed pull left in a layout, and fetches no stored blob again', async () => {
  const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(2_500_000) });
  const { host } = await startServe(['--listen', '127.0.0.1:0', '--root', await temporaryFolder()]);
  const { digest } = await save(cwd);
  expect((await stowage(['push', NAME, '--to', host], { cwd })).code).toBe(0);
  const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const pull = ['pull', `${host}/library/${NAME}`, '--no-cache', '-o', 'out/', '--json'];
  const continued = new Set<boolean>();
  const steps = await killAtEveryStep(pull, cwd, async (each) => {
    const out = join(each, 'out');
    const left = await readdir(out, { recursive: true }).catch(() => []);
    // A lock of a dead process expires after some seconds; remove it instead of waiting.
    for (const name of left.filter((name) => name.endsWith('.lock')))
      await rm(join(out, name), { recursive: true });
    const unfinished = left.filter((name) => name.endsWith('.writing.partial'));
    const staged = unfinished.filter((name) => name.startsWith('partial/'));
    const { problems } = await doctor(await openWorkspace(each), call(each));
    expect(problems.map(({ path }) => path)).toEqual(
      unfinished.map((name) => join(out, name)).sort(),
    );
    const copy = await copyOf(each);
    await doctor(await openWorkspace(copy), { ...call(copy), fix: true });
    expect((await doctor(await openWorkspace(copy), call(copy))).problems).toEqual([]);
    const sizes = staged.map(async (name) => (await stat(join(out, name))).size);
    const held = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    const ran = await stowage(pull, { cwd: each, env });
    expect(ran.code, ran.stderr).toBe(0);
    const [result] = (JSON.parse(ran.stdout) as { results: PullResult[] }).results;
    if (!result) throw new Error(`no result: ${ran.stdout}`);
    // Manifests are read to look the image up, so they are not counted here.
    expect(result.bytesReceived).toBeLessThanOrEqual(result.bytes - held + SMALL_DOCUMENTS);
    continued.add(held > SMALL_DOCUMENTS);
    expect((await readdir(out)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    const { images } = await inspect(await openWorkspace(each), './out', call(each));
    expect(images).toMatchObject([{ digest }]);
  });
  expect(steps).toBeGreaterThan(8);
  expect([...continued].sort()).toEqual([false, true]);
});

it('takes over the lock of a process that died', async () => {
  const { states } = await statesOf(['build', DEFINITION, '--save'], await createWorkspace());
  const locks = (state: string) => readdir(join(state, '.stowage/locks')).catch(() => []);
  for (const cwd of states) {
    if ((await locks(cwd)).length === 0) continue;
    expect(await locks(cwd)).toEqual([NAME]);
    expect((await save(cwd)).action).toBe('saved');
    return;
  }
  throw new Error('no state has a lock');
});

it('loses no entry when 16 processes save different images at once', async () => {
  const names = Array.from({ length: 16 }, (_, n) => `v${n}`);
  const files = names.map((variant) => [
    `apps/app/images/ubuntu-25.04-${variant}/image.yaml`,
    `project: app\nos: ubuntu-25.04\nvariant: ${variant}\nlabels: { v: ${variant} }\ncopy: [{ from: image.txt, to: / }]\n`,
  ]);
  const contents = names.map((variant) => [
    `apps/app/images/ubuntu-25.04-${variant}/image.txt`,
    variant,
  ]);
  const cwd = await createWorkspace(
    Object.fromEntries([...files, ...contents]) as Record<string, string>,
  );
  const all = await Promise.all(
    names.map((variant) =>
      stowage(['build', `apps/app/images/ubuntu-25.04-${variant}`, '--save'], { cwd }),
    ),
  );
  expect(all.filter(({ code }) => code !== 0)).toEqual([]);
  await rm(join(cwd, '.stowage/catalog.json'), { force: true });
  const entries = await list(await openWorkspace(cwd));
  expect(entries.map(({ name, state, created }) => [name, state, created !== null])).toHaveLength(
    16,
  );
  expect(new Set(entries.map(({ state, created }) => `${state} ${created !== null}`))).toEqual(
    new Set(['ok true']),
  );
});

/**
 * Runs a command once on a copy of a workspace, and checks each state in which kill -9 at one of its disk changes would
 * have left the copy.
 *
 * @returns the number of states
 */
async function killAtEveryStep(
  args: readonly string[],
  workspace: string,
  check: (cwd: string) => Promise<void>,
): Promise<number> {
  const { states, code, stderr } = await statesOf(args, await copyOf(workspace));
  expect(code, stderr).toBe(0);
  for (const cwd of states) {
    // A lock of a dead process expires after some seconds; remove it instead of waiting.
    await rm(join(cwd, '.stowage/locks'), { recursive: true, force: true });
    await check(cwd);
    await rm(cwd, { recursive: true });
  }
  return states.length;
}

/** Runs a command, with a copy of its workspace from before each of its disk changes. */
async function statesOf(args: readonly string[], cwd: string) {
  const snapshots = await temporaryFolder();
  const env = {
    STOWAGE_TEST_SNAPSHOT_OF: cwd,
    STOWAGE_TEST_SNAPSHOTS: snapshots,
    NODE_OPTIONS: `--import=${SNAPSHOTS}`,
  };
  const ran = await stowage(args, { cwd, env });
  const names = (await readdir(snapshots)).sort((a, b) => Number(a) - Number(b));
  return { ...ran, states: names.map((name) => join(snapshots, name)) };
}

function call(cwd: string) {
  const stdin = () => {
    throw new Error('nothing is read from standard input');
  };
  return { cwd, stdin, engine: 'embedded' as const };
}

async function copyOf(workspace: string): Promise<string> {
  const folder = await temporaryFolder();
  await cp(workspace, folder, { recursive: true });
  return folder;
}

async function save(cwd: string): Promise<SaveResult> {
  const workspace = await openWorkspace(cwd);
  return saveDefinition(
    workspace,
    await readDefinition(workspace, DEFINITION, call(cwd)),
    call(cwd),
  );
}

it('stops at Ctrl-C with exit 130, and leaves no partial state', async () => {
  const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'a'.repeat(400_000_000) });
  for (const delay of [0, 300, 600]) {
    const args = ['build', DEFINITION, '--save', '--json', '--progress', 'plain'];
    const ran = await stowage(args, {
      cwd,
      interruptAfter: delay,
    });
    expect(ran.code, ran.stderr).toBe(130);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
    expect(await readdir(join(cwd, 'images/app')).catch(() => [])).toEqual([]);
    expect(await readdir(join(cwd, '.stowage/locks')).catch(() => [])).toEqual([]);
  }
});
