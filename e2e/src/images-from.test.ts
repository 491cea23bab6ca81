import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  CopiedImage,
  ListedImage,
  LoadResult,
  PullResult,
  PushResult,
  VerifyResult,
} from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { put } from './fixture.js';
import { json, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const APP = join(import.meta.dirname, '../../packages/core/testing/golden/podman-oci.tar');

/** Creates a workspace with files that name two images of a registry. */
async function setUp() {
  const cwd = await temporaryFolder();
  const { host } = await startServe(['--listen', '127.0.0.1:0', '--root', await temporaryFolder()]);
  for (const name of ['web', 'db'])
    await json(['copy', APP, `docker://${host}/team/${name}:1`], { cwd });
  await put(cwd, 'stowage.yaml', '');
  await put(
    cwd,
    'rendered.yaml',
    `---
# Source: app/templates/deployment.yaml
kind: Deployment
metadata: { name: web }
spec: { template: { spec: { containers: [{ name: web, image: "${host}/team/web:1" }] } } }
---
kind: Workflow
metadata: { name: nightly }
spec: { templates: [{ name: main, container: { image: "${host}/team/db:1" } }] }
`,
  );
  await put(
    cwd,
    'compose.yaml',
    'services:\n  web: { image: "${REGISTRY}/team/web:${TAG:-1}" }\n  built: { build: . }\n',
  );
  await put(cwd, 'images.txt', `# images\n${host}/team/db:1\n`);
  await put(cwd, 'images.yaml', `${host}:\n  images:\n    team/web: [1]\n    team/db: [1]\n`);
  const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache'), REGISTRY: host };
  const both = [`${host}/team/web:1`, `${host}/team/db:1`];
  return { cwd, env, host, both };
}

describe('--images-from', () => {
  it('lists, pulls, verifies, loads and pushes the images that files of each kind name', async () => {
    const { cwd, env, host, both } = await setUp();
    const listed = await json<{ images: ListedImage[] }>(
      ['ls', '--images-from', 'rendered.yaml', '--images-from', 'images.txt'],
      { cwd, env },
    );
    expect(listed.images.map(({ reference, usedBy }) => [reference, ...usedBy])).toEqual([
      [both[0], 'Deployment/web'],
      [both[1], 'Workflow/nightly', 'images.txt:2'],
    ]);
    const compose = await stowage(['ls', '--images-from', 'compose.yaml'], { cwd, env });
    expect(compose).toMatchObject({ code: 0, stdout: `${both[0]}\n` });
    expect(compose.stderr).toContain('compose.yaml:3: service built is built');

    const pulled = await json<{ results: PullResult[] }>(
      ['pull', '--images-from', 'images.yaml', '-o', 'all.tar'],
      { cwd, env },
    );
    expect(pulled.results).toHaveLength(2);
    const copied = await json<{ results: CopiedImage[] }>(
      ['copy', '--images-from', 'images.yaml', 'copied.tar'],
      { cwd, env },
    );
    expect(copied.results.map(({ reference }) => reference)).toEqual(both);
    const piped = await stowage(['copy', APP, '--images-from', '-', '-'], {
      cwd,
      env,
      input: Buffer.from(`${host}/team/web:1\n`),
    });
    expect(piped.code).toBe(0);
    const verified = await json<{ results: VerifyResult[] }>(
      ['verify', '--images-from', 'rendered.yaml'],
      { cwd, env },
    );
    expect(verified.results.map(({ ok }) => ok)).toEqual([true, true]);

    const loaded = await json<{ results: LoadResult[] }>(
      [
        'load',
        '--images-from',
        'compose.yaml',
        '--images-from',
        'images.txt',
        '--engine',
        'embedded',
      ],
      { cwd, env },
    );
    expect(loaded.results.map(({ action, reference }) => [action, reference])).toEqual(
      both.map((reference) => ['loaded', reference]),
    );
    const pushed = await json<{ results: PushResult[] }>(
      ['push', '--images-from', 'rendered.yaml', '--to', `${host}/mirror`],
      { cwd, env },
    );
    expect(pushed.results.map(({ reference }) => reference)).toEqual([
      `${host}/mirror/team/web:1`,
      `${host}/mirror/team/db:1`,
    ]);
  });

  it('takes standard input once', async () => {
    const { cwd, env, both } = await setUp();
    const input = Buffer.from(both.join('\n'));
    const load = (...args: readonly string[]) =>
      stowage(['load', '--engine', 'embedded', ...args], { cwd, env, input });
    expect(await load('--images-from', '-')).toMatchObject({ code: 0 });
    expect(await load('--images-from', '-', '-')).toMatchObject({ code: 2 });
  });

  it('refuses a template in a folder with its file and line, and loads nothing', async () => {
    const { cwd, env, host } = await setUp();
    await mkdir(join(cwd, 'chart'));
    await put(
      cwd,
      'chart/a.yaml',
      `kind: Pod\nspec: { containers: [{ image: "${host}/team/web:1" }] }\n`,
    );
    await put(
      cwd,
      'chart/b.yaml',
      'kind: Pod\nspec:\n  containers:\n    - image: {{ .Values.image }}\n',
    );
    const { code, stderr } = await stowage(
      ['load', '--images-from', 'chart', '--engine', 'embedded'],
      { cwd, env },
    );
    expect(code).toBe(4);
    expect(stderr).toContain('chart/b.yaml:4: a template with {{ … }}');
    const held = await json<{ images: unknown[] }>(['ls', '--engine', 'embedded'], { cwd, env });
    expect(held.images).toEqual([]);
  });
});
