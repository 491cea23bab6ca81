import { chmod, copyFile, cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Inspection, ListEntry, SaveResult } from '@stowage/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME } from './fixture.js';
import { describeWith } from './peers.js';
import { json as jsonOfLinux, temporaryFolder, type RunOptions } from './run.js';
import { FAILING, UNIT_TESTS } from './windows/unit-tests.js';
import { startWindows, windowsPath, WINE, type Windows } from './windows/wine.js';

interface UnitTests {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const SCANNER = join(import.meta.dirname, 'windows/hold-open.mjs');
const ENGINE = join(import.meta.dirname, 'windows/pipe-engine.mjs');

describeWith(WINE, 'on Windows', () => {
  let windows: Windows;
  beforeAll(async () => {
    windows = await startWindows();
  });
  afterAll(() => windows.stop());

  /** Runs `stowage` on Windows. @returns what it prints */
  async function stowage(args: readonly string[], options: RunOptions): Promise<string> {
    const { code, stdout, stderr } = await windows.stowage(args, options);
    if (code !== 0) throw new Error(`stowage ${args.join(' ')}: ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  async function json<T>(args: readonly string[], options: RunOptions): Promise<T> {
    return JSON.parse(await stowage([...args, '--json'], options)) as T;
  }

  /** A workspace whose files have the mode that files have on Windows. */
  async function workspace(files: Readonly<Record<string, string>> = {}): Promise<string> {
    const cwd = await createWorkspace(files);
    await chmod(join(cwd, DEFINITION, 'files/hello'), 0o755);
    return cwd;
  }

  it('says its version', async () => {
    const cwd = await temporaryFolder();
    const { version } = JSON.parse(
      await readFile(join(import.meta.dirname, '../../packages/cli/package.json'), 'utf8'),
    ) as { version: string };
    expect((await stowage(['--version'], { cwd })).trim()).toBe(version);
  });

  it('does the main job, with the digests of Linux', async () => {
    const cwd = await workspace();
    const linux = await temporaryFolder();
    await cp(cwd, linux, { recursive: true });
    const build = ['build', DEFINITION, '--save'];
    const [saved] = (await json<{ results: SaveResult[] }>(build, { cwd })).results;
    const [there] = (await jsonOfLinux<{ results: SaveResult[] }>(build, { cwd: linux })).results;
    expect(saved).toMatchObject({ action: 'saved', digest: there?.digest });
    expect((await json<{ results: SaveResult[] }>(build, { cwd })).results).toMatchObject([
      { action: 'skipped' },
    ]);
    // The archive and its record are the same bytes, and each system takes those of the other.
    expect(await readFile(join(cwd, ARCHIVE))).toEqual(await readFile(join(linux, ARCHIVE)));
    await rename(join(linux, 'images'), join(cwd, 'images-of-linux'));
    await rename(join(cwd, 'images'), join(linux, 'images'));
    await rename(join(cwd, 'images-of-linux'), join(cwd, 'images'));
    for (const run of [
      json<{ entries: ListEntry[] }>(['ls'], { cwd }),
      jsonOfLinux<{ entries: ListEntry[] }>(['ls'], { cwd: linux }),
    ])
      expect((await run).entries).toMatchObject([{ name: NAME, state: 'ok' }]);
    for (const args of [
      ['verify', ARCHIVE.replaceAll('/', '\\')],
      ['copy', ARCHIVE, 'oci:out\\layout'],
      ['copy', 'oci:out/layout', windowsPath(join(cwd, 'out/copy.tar'))],
      ['doctor'],
      ['report', '-o', 'out\\report.html'],
      ['load', NAME, '--engine', 'embedded'],
      ['save', NAME, '--engine', 'embedded', '-o', 'out\\saved.tar'],
      ['plan', '--os', 'ubuntu-25.04'],
      ['ensure', '--os', 'ubuntu-25.04', '--engine', 'embedded'],
    ])
      await stowage(args, { cwd });
    const inspected = await jsonOfLinux<Inspection>(['inspect', 'out/copy.tar'], { cwd });
    expect(inspected.images).toMatchObject([{ digest: saved?.digest }]);
    const orphan = join(cwd, 'images/app/orphan.tar');
    await copyFile(join(cwd, ARCHIVE), orphan);
    await stowage(['prune', '--orphans', '--min-age', '0s', '--engine', 'embedded'], { cwd });
    expect(await readdir(dirname(orphan))).not.toContain('orphan.tar');
  });

  it('builds and replaces images while each new file is held open for a moment', async () => {
    const cwd = await workspace();
    const scanner = windows.node([windowsPath(SCANNER), windowsPath(cwd), '300']);
    try {
      for (const content of ['one', 'two', 'three']) {
        await writeFile(join(cwd, DEFINITION, 'files/hello'), content);
        const { results } = await json<{ results: SaveResult[] }>(['build', DEFINITION, '--save'], {
          cwd,
        });
        expect(results).toMatchObject([{ action: 'saved' }]);
      }
    } finally {
      await writeFile(join(cwd, 'stop'), '');
    }
    expect((await scanner).code).toBe(0);
    await stowage(['verify', ARCHIVE], { cwd });
    expect((await readdir(join(cwd, 'images/app'))).filter((name) => /partial/.test(name))).toEqual(
      [],
    );
  });

  it('says that a file stays in use by another program, and changes nothing', async () => {
    const cwd = await workspace();
    await stowage(['build', DEFINITION, '--save'], { cwd });
    const before = await readFile(join(cwd, ARCHIVE));
    await writeFile(join(cwd, DEFINITION, 'files/hello'), 'changed');
    const images = join(cwd, 'images');
    const reader = windows.node([windowsPath(SCANNER), windowsPath(images)]);
    try {
      await expect.poll(() => readdir(images), { timeout: 60_000 }).toContain('ready');
      const { code, stderr } = await windows.stowage(['build', DEFINITION, '--save'], { cwd });
      expect(stderr).toMatch(/app-ubuntu-25.04-gcc15.tar: in use by another program/);
      expect(code).toBe(8);
    } finally {
      await writeFile(join(images, 'stop'), '');
    }
    await reader;
    expect(await readFile(join(cwd, ARCHIVE))).toEqual(before);
  });

  it('reads documents with CRLF, and keeps its cache where applications keep theirs', async () => {
    const cwd = await workspace();
    const [before] = (
      await json<{ results: SaveResult[] }>(['build', DEFINITION, '--save'], { cwd })
    ).results;
    for (const path of ['stowage.yaml', `${DEFINITION}/image.yaml`, 'images/image-registry.yml']) {
      const text = await readFile(join(cwd, path), 'utf8');
      await writeFile(join(cwd, path), text.replaceAll('\n', '\r\n'));
    }
    const [after] = (
      await json<{ results: SaveResult[] }>(['build', DEFINITION, '--save'], { cwd })
    ).results;
    expect(after).toMatchObject({ action: 'skipped', digest: before?.digest });
    const info = await stowage(['cache', 'info'], { cwd });
    expect(info).toContain('C:\\users\\');
    expect(info).toContain('\\AppData\\Local\\stowage\\cache');
  });

  it('takes paths of more than 260 characters, and names that Windows keeps for devices', async () => {
    const deep = Array.from({ length: 5 }, (_, at) => `${String(at)}${'d'.repeat(60)}`).join('/');
    const odd = `${DEFINITION}/files/${deep}/con.d/aux`;
    const cwd = await workspace({ [odd]: 'x' });
    await chmod(join(cwd, odd), 0o755);
    const linux = await temporaryFolder();
    await cp(cwd, linux, { recursive: true });
    const build = ['build', DEFINITION, '--save'];
    const [saved] = (await json<{ results: SaveResult[] }>(build, { cwd })).results;
    const [there] = (await jsonOfLinux<{ results: SaveResult[] }>(build, { cwd: linux })).results;
    expect(saved).toMatchObject({ action: 'saved', digest: there?.digest });
    await stowage(['copy', ARCHIVE, `oci:${deep}/layout`], { cwd });
    await stowage(['copy', `oci:${deep}/layout`, `${deep}/x.tar`], { cwd });
    await stowage(['verify', windowsPath(join(cwd, deep, 'x.tar'))], { cwd });
  });

  it('finds an engine at its named pipe', async () => {
    const cwd = await temporaryFolder();
    const engine = windows.node([windowsPath(ENGINE)], { cwd });
    try {
      await expect.poll(() => readdir(cwd), { timeout: 60_000 }).toContain('ready');
      expect(await stowage(['doctor'], { cwd })).toMatch(
        /^ok +engine +docker-daemon:npipe:\/\/\/\/\.\/pipe\/docker_engine /m,
      );
    } finally {
      await writeFile(join(cwd, 'stop'), '');
    }
    expect((await engine).stdout).toContain('GET /_ping');
  });

  it("passes core's unit tests about files, but those that are listed with a reason", async () => {
    const report = join(await temporaryFolder(), 'report.json');
    const { stderr } = await windows.unitTests(UNIT_TESTS, report);
    const { testResults } = JSON.parse(
      await readFile(report, 'utf8').catch(() => Promise.reject(new Error(stderr))),
    ) as UnitTests;
    const failed = testResults.flatMap(({ name, message, assertionResults }) => [
      // A file that cannot be loaded has no tests.
      ...(assertionResults.length === 0 ? [`${name}: ${message}`] : []),
      ...assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => `${name.replace(/^.*\/core\//, '')}: ${fullName}`),
    ]);
    const isListed = (test: string, [, file, name]: (typeof FAILING)[number]) =>
      test.startsWith(`${file}: `) && name.test(test);
    expect(failed.filter((test) => !FAILING.some((row) => isListed(test, row)))).toEqual([]);
    expect(FAILING.filter((row) => !failed.some((test) => isListed(test, row)))).toEqual([]);
    expect(testResults.flatMap((each) => each.assertionResults).length).toBeGreaterThan(1000);
  }, 900_000);
});
