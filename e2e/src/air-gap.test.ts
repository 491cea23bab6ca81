import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadResult, PullResult, TransferManifest } from '@stowage/core';
import { expect, it } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { ARCHIVE, createWorkspace, DEFINITION, put } from './fixture.js';
import { describeWith } from './peers.js';
import { PROGRAM, SCRIPT, cleanEnvironment, json, stowage } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const LARGE = 24 * 1024 ** 2;

/** The connected side: a registry with a large image and two small ones, and a list of them. */
async function connectedSide() {
  const cwd = await createWorkspace();
  const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const host = await startRegistry();
  await writeFile(join(cwd, DEFINITION, 'files/large'), randomBytes(LARGE));
  expect((await stowage(['build', DEFINITION, '--save'], { cwd, env })).code).toBe(0);
  const images = {
    app: ARCHIVE,
    db: join(GOLDEN, 'podman-oci.tar'),
    web: join(GOLDEN, 'crane.tar'),
  };
  for (const [name, archive] of Object.entries(images))
    await json(['copy', archive, `docker://${host}/team/${name}:1`], { cwd, env });
  const references = Object.keys(images).map((name) => `${host}/team/${name}:1`);
  await put(cwd, 'images.txt', `# release 1\n${references.join('\n')}\n`);
  return { cwd, env, host, references };
}

/** Bytes of the files that a running or killed pull has written. */
async function writtenBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = names
    .filter((name) => /\.(?:new|writing\.partial)$/.test(name))
    .map((name) =>
      stat(join(folder, name)).then(
        // An archive has its full length from the beginning.
        ({ blocks }) => blocks * 512,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Runs a command and kills it as kill -9 does once so many bytes are in its files. */
async function killAfter(
  bytes: number,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const child = spawn(PROGRAM, [...SCRIPT, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver && (await writtenBytes(join(cwd, 'medium'))) < bytes)
    await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGKILL');
  await ended;
}

/** A lock of a dead process expires after some seconds; remove it instead of waiting. */
const unlock = (cwd: string) =>
  rm(join(cwd, 'medium/release.tar.lock'), { recursive: true, force: true });

describeWith(['docker-registry'], 'a release through an air gap', () => {
  it('names all images that are missing before anything is written', async () => {
    const { cwd, env, host, references } = await connectedSide();
    const gone = [`${host}/team/app:2`, `${host}/nope:1`];
    await put(cwd, 'list.txt', [...gone, ...references].join('\n'));
    const pull = ['pull', '--images-from', 'list.txt', '-o', 'medium/release.tar'];
    const said = [`no tag "2" in ${host}/team/app`, `no tag "1" in ${host}/nope`];
    const { code, stderr } = await stowage(pull, { cwd, env });
    expect(code).toBe(3);
    expect(stderr).toContain(`2 images are missing:\n  | ${said.join('\n  | ')}\n`);
    expect(await readdir(cwd)).not.toContain('medium');
    const going = await stowage([...pull, '--keep-going', '--json'], { cwd, env });
    expect(going.code).toBe(3);
    expect(going.stderr).toContain(said[1]);
    const document = JSON.parse(going.stdout) as {
      readonly results: PullResult[];
      readonly failures: { readonly code: string; readonly message: string }[];
    };
    expect(document.results).toHaveLength(3);
    expect(document.failures.map(({ code: each, message }) => [each, message])).toEqual(
      said.map((message) => ['NOT_FOUND', message]),
    );
  });

  it.each([
    ['parts', ['--split', '5MB']],
    ['one file', []],
  ])('continues a killed pull of %s, and leaves nothing else', async (_, split) => {
    const { cwd, env } = await connectedSide();
    const at = { cwd, env };
    const args = ['pull', '--images-from', 'images.txt', '-o', 'medium/release.tar', ...split];
    for (const bytes of [1, LARGE / 3, (LARGE / 3) * 2]) {
      await killAfter(bytes, args, at);
      await unlock(cwd);
      const problems = await json<{ problems: { kind: string }[] }>(['doctor'], at);
      expect(problems.problems.map(({ kind }) => kind)).toContain('leftover');
    }
    const { results } = await json<{ results: PullResult[] }>(args, at);
    const received = results.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
    expect(received).toBeLessThan(LARGE / 2);
    const names = await readdir(join(cwd, 'medium'));
    expect(names.filter((name) => /partial|new|lock/.test(name))).toEqual([]);
    expect(await stowage(['verify', 'medium'], at)).toMatchObject({ code: 0 });
  });

  it('is proved, pushed and loaded on the other side, and the next one brings only what is new', async () => {
    const { cwd, env, host, references } = await connectedSide();
    const at = { cwd, env };
    const written = await stowage(
      [
        'pull',
        '--images-from',
        'images.txt',
        '-o',
        'medium/release.tar',
        '--split',
        '5MB',
        '--manifest',
      ],
      at,
    );
    expect(written).toMatchObject({ code: 0 });
    const medium = join(cwd, 'medium');
    const manifest = JSON.parse(
      await readFile(join(medium, 'release.tar.manifest.json'), 'utf8'),
    ) as TransferManifest;
    expect(manifest.images.map(({ reference }) => reference)).toEqual([...references].sort());
    const text = await readFile(join(medium, 'release.tar.manifest.txt'), 'utf8');
    expect(text).toContain(`release.tar: 3 images, written by ${manifest.tool}`);

    const prove = ['verify', 'medium/', '--manifest', '--report', 'audit.html'];
    const proved = await stowage(prove, at);
    expect(proved).toMatchObject({ code: 0 });
    expect(proved.stdout).toMatch(/^medium\/release\.tar {2}ok \(3 images/);
    expect(await readFile(join(cwd, 'audit.html'), 'utf8')).toContain(references[0]);
    const part = join(medium, 'release.tar.002');
    await rename(part, `${part}.away`);
    const incomplete = await stowage(prove, at);
    expect(incomplete).toMatchObject({ code: 4 });
    expect(incomplete.stdout).toContain('release.tar.002');
    await rename(`${part}.away`, part);

    const inside = await startRegistry();
    const push = ['push', 'medium', '--to', `${inside}/mirror`];
    expect((await stowage(push, at)).stdout.match(/pushed/g)).toHaveLength(3);
    expect((await stowage(push, at)).stdout.match(/already there/g)).toHaveLength(3);

    await put(
      cwd,
      'deploy.yaml',
      references
        .map((image) => `kind: Pod\nspec: { containers: [{ image: "${image}" }] }\n`)
        .join('---\n'),
    );
    const load = ['load', '--from-kubernetes', 'deploy.yaml', '--engine', 'embedded'];
    for (const [from, action] of [
      ['medium', 'loaded'],
      [`${inside}/mirror`, 'skipped'],
    ] as const) {
      const { results } = await json<{ results: LoadResult[] }>([...load, '--from', from], at);
      expect(results.map((each) => [each.reference, each.action])).toEqual(
        references.map((reference) => [reference, action]),
      );
    }

    // The next release has one more image, and another one under a known name.
    const next = [
      'copy',
      ...['db', 'web'].map((name) => `docker://${host}/team/${name}:1`),
      'next.tar',
    ];
    expect(await stowage(next, at)).toMatchObject({ code: 0 });
    const added = [
      'copy',
      join(GOLDEN, 'kaniko-dot-slash.tar'),
      'next.tar',
      '--append',
      '--as',
      `${host}/team/new:1`,
    ];
    expect(await stowage(added, at)).toMatchObject({ code: 0 });
    const compared = await stowage(['compare', 'medium', 'next.tar'], at);
    expect(compared.stdout).toContain(`added    ${host}/team/new:1`);
    expect(compared.stdout).toContain(`gone     ${host}/team/app:1`);
    expect(compared.stdout).toContain('1 added, 0 changed, 1 gone, 2 the same\n');
    const delta = ['copy', '--all', '--base', 'medium/release.tar', 'next.tar', 'delta.tar'];
    expect((await stowage(delta, at)).stdout.match(/, 0 B new/g)).toHaveLength(2);
    expect(await stowage(['push', 'delta.tar', '--to', `${inside}/mirror`], at)).toMatchObject({
      code: 0,
    });
    expect(await stowage(['push', 'delta.tar', '--to', `${inside}/empty`], at)).toMatchObject({
      code: 4,
    });
    const whole = ['push', 'delta.tar', '--to', `${inside}/empty`, '--base', 'medium/release.tar'];
    expect(await stowage(whole, at)).toMatchObject({ code: 0 });
    const sites = ['team/db', 'team/db'].map(
      (name, side) =>
        `docker://${side === 0 ? host : inside}/${side === 0 ? '' : 'mirror/'}${name}`,
    );
    expect((await stowage(['compare', ...sites], at)).stdout).toBe(
      '0 added, 0 changed, 0 gone, 1 the same\n',
    );
  });
});
