import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadResult, SaveResult } from '@stowage/core';
import { expect, inject, it, onTestFinished } from 'vitest';
import { outputIn } from './output-in.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, run, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const BASE = 'app-debian-12-engine';
const TOP = 'app-debian-12-on-it';
const OPEN = 'app-debian-12-open';

/** A runner whose images need an engine; two builds of the base give other bytes. */
async function runner(repository: string) {
  const cwd = await temporaryFolder();
  const shell = (await must('sh', ['-c', 'command -v busybox'])).trim();
  const write = async (path: string, text: string) => {
    await mkdir(join(cwd, path, '..'), { recursive: true });
    await writeFile(join(cwd, path), text);
  };
  const share = `{ repository: ${repository}, mode: read-write }`;
  await write('stowage.yaml', `network: host\nshare: ${share}\n`);
  const head = 'project: app\nos: debian-12\ndockerfile: Dockerfile\n';
  await write('a/images/base/image.yaml', `${head}variant: engine\n`);
  const make = 'RUN ["/bin/sh", "-c", "read id < /proc/sys/kernel/random/uuid; echo $id > /made"]';
  await write('a/images/base/Dockerfile', `FROM scratch\nCOPY busybox /bin/sh\n${make}\n`);
  await copyFile(shell, join(cwd, 'a/images/base/busybox'));
  await write('a/images/top/image.yaml', `${head}variant: on-it\nbase: ${BASE}\n`);
  await write('a/images/top/Dockerfile', 'ARG BASE\nFROM ${BASE}\nCOPY small /small\n');
  await write('a/images/top/small', 'one\n');
  const engine = ['--engine', 'docker', '--host', inject('dockerHost')];
  return {
    write,
    save: async (folder: string) =>
      (
        await json<{ results: SaveResult[] }>(
          ['build', `a/images/${folder}`, '--save', ...engine],
          { cwd },
        )
      ).results[0],
    build: (folder: string) =>
      stowage(['build', `a/images/${folder}`, '--save', ...engine], { cwd }),
    load: async (name: string) =>
      (await json<{ results: LoadResult[] }>(['load', name, ...engine], { cwd })).results[0],
    saveFromEngine: async (name: string) => {
      await rm(join(cwd, 'images/app', `${name}.tar`), { force: true });
      return (await json<{ results: SaveResult[] }>(['save', name, ...engine], { cwd })).results[0];
    },
    record: (name: string) => readFile(join(cwd, 'images/app', `${name}.image.json`), 'utf8'),
  };
}

describeWith(
  [...DOCKER, 'docker', 'busybox'],
  'images that an engine builds',
  () => {
    const env = () => ({ DOCKER_HOST: inject('dockerHost') });
    const forget = (...images: string[]) =>
      run('docker', ['image', 'rm', '--force', ...images], { env: env() });

    it(
      'have the digest of the first build on all machines, and are built on where only the share has them',
      { timeout: 300_000 },
      async () => {
        const { host } = await startServe(['--root', await temporaryFolder()]);
        const [one, two] = [
          await runner(`${host}/team/images`),
          await runner(`${host}/team/images`),
        ];
        onTestFinished(async () => void (await forget(BASE, TOP)));
        const first = await one.save('base');
        expect(first).toMatchObject({ action: 'saved' });
        await forget(BASE, TOP);
        expect(await two.save('base')).toMatchObject({ action: 'remote', digest: first?.digest });
        expect(await two.record(BASE)).toBe(await one.record(BASE));
        // The engine gets the base from the share.
        expect(await two.save('top')).toMatchObject({ action: 'saved' });
        expect(await one.save('top')).toMatchObject({ action: 'remote' });
        expect(await one.record(TOP)).toBe(await two.record(TOP));
        await forget(BASE, TOP);
        expect(await one.load(TOP)).toMatchObject({ action: 'loaded' });
        expect(await outputIn(TOP, ['sh', '-c', 'echo made'], { env: env() })).toBe('made\n');
        // An archive that is saved from the engine names the blobs of the share, too.
        const before = await two.record(TOP);
        expect(await two.saveFromEngine(TOP)).toMatchObject({ action: 'saved' });
        expect(JSON.parse(await two.record(TOP))).toMatchObject({
          digest: (JSON.parse(before) as { digest: string }).digest,
        });
      },
    );

    it('of an input without a digest are built on each machine, and a notice says so', async () => {
      const { host } = await startServe(['--root', await temporaryFolder()]);
      const one = await runner(`${host}/team/images`);
      onTestFinished(async () => void (await forget(BASE, OPEN)));
      expect(await one.save('base')).toMatchObject({ action: 'saved' });
      const head = 'project: app\nos: debian-12\ndockerfile: Dockerfile\n';
      await one.write('a/images/open/image.yaml', `${head}variant: open\n`);
      await one.write('a/images/open/Dockerfile', `FROM ${BASE}:latest\nCOPY Dockerfile /\n`);
      const { code, stderr } = await one.build('open');
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(
        `${OPEN} is not shared, because these images have no digest: ${BASE}`,
      );
    });
  },
  { root: true },
);
