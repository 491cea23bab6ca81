import { copyFile, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { describeWith } from './peers.js';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { COMMAND, must, PROGRAM, run, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const IMAGES = join(GOLDEN, 'docker-20-several.tar');
const MAX_BYTES = 130_000_000;
/** No program is found, above all no Node.js. */
const ALONE = { PATH: '/nonexistent' };

const fileOf = (arch: string) => join(inject('standalone'), `stowage-linux-${arch}`);

describe('the files with Node.js', () => {
  // e_machine of the ELF header.
  it.each([
    ['x64', 62],
    ['arm64', 183],
  ])('for %s is an executable of at most 130 MB', async (arch, machine) => {
    const { size, mode } = await stat(fileOf(arch));
    expect(size).toBeLessThanOrEqual(MAX_BYTES);
    expect(mode & 0o777).toBe(0o755);
    await using handle = await open(fileOf(arch));
    const head = Buffer.alloc(20);
    await handle.read(head, 0, head.length, 0);
    expect(head.toString('latin1', 0, 4)).toBe('\x7fELF');
    expect(head.readUInt16LE(18)).toBe(machine);
  });

  it('come with checksums, and with the licences of Node.js and of all packages', async () => {
    const cwd = inject('standalone');
    const checked = await must('sha256sum', ['--check', 'SHA256SUMS'], { cwd });
    expect(checked.match(/^.*: OK$/gm)).toHaveLength(3);
    const licences = await readFile(join(cwd, 'stowage-linux-licences.txt'), 'utf8');
    for (const text of [
      'Node.js is licensed for use as follows',
      'commander 14.0.3 (MIT)\n\n(The MIT License)',
      'tinypool',
      'xz-decompress',
      'dockerode',
      await readFile(join(GOLDEN, '../../LICENSE'), 'utf8'),
    ])
      expect(licences).toContain(text);
  });
});

describe('the file for this machine', () => {
  it('runs without Node.js, a home folder and a file beside it', async () => {
    const cwd = await temporaryFolder();
    const env = { ...ALONE, HOME: '/nonexistent' };
    const { version } = JSON.parse(
      await readFile(join(GOLDEN, '../../../cli/package.json'), 'utf8'),
    ) as { version: string };
    expect(await run('env', ['-i', ...COMMAND, '--version'], { cwd })).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    const { code, stdout, stderr } = await stowage(['verify', IMAGES], { cwd, env });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect((await stowage(['inspect', 'missing.tar'], { cwd, env })).code).toBe(3);
    expect((await stowage(['inspect', '--wrong', IMAGES], { cwd, env })).code).toBe(2);
    expect((await stowage(['load', IMAGES], { cwd, env })).code).toBe(6);
  });

  it('builds, loads, saves, converts, pushes, pulls and verifies, and loads no module that lies about', async () => {
    // Large enough to be hashed by threads.
    const cwd = await createWorkspace({ [`${DEFINITION}/files/large`]: 'large'.repeat(5_000_000) });
    const program = join(cwd, 'stowage');
    await copyFile(PROGRAM, program);
    const planted = `require('node:fs').writeFileSync(${JSON.stringify(join(cwd, 'planted'))}, '');`;
    for (const path of [
      'hash-worker.js',
      'entry/worker.js',
      'package.json',
      ...['ajv', 'cli-progress', 'kerberos', 'yaml'].map((name) => `node_modules/${name}/index.js`),
    ])
      await put(cwd, path, planted);
    const steps = [
      ['build', DEFINITION, '--save'],
      ['load', NAME, '--engine', 'embedded'],
      ['save', NAME, '--engine', 'embedded', '-o', 'saved.tar'],
      ['verify', ARCHIVE, 'saved.tar'],
      ...['gzip', 'zstd'].flatMap((kind) => [
        ['convert', 'saved.tar', `${kind}.tar`, '--compress', kind],
        ['verify', `${kind}.tar`],
      ]),
    ];
    for (const args of steps) await must(program, args, { cwd, env: ALONE });
    const { host, stop } = await startServe(['--root', join(cwd, 'registry'), '--workers', '2']);
    for (const kind of ['saved', 'gzip', 'zstd']) {
      for (const args of [
        ['push', `${kind}.tar`, '--to', host, '--tag', `${kind}:1`],
        ['pull', `${host}/${kind}:1`, '-o', `${kind}-pulled.tar`],
        ['verify', `${kind}-pulled.tar`],
      ])
        await must(program, args, { cwd, env: ALONE });
    }
    await stop('SIGTERM');
    await expect(stat(join(cwd, 'planted'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describeWith(['qemu-aarch64'], 'the file for arm64, emulated,', () => {
  it('verifies an archive', async () => {
    const emulated = ['-L', '/usr/aarch64-linux-gnu', fileOf('arm64')];
    expect(await must('qemu-aarch64', [...emulated, 'verify', IMAGES])).toContain('2 images');
  });
});
