import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inspection, ListEntry, LoadResult, SaveResult } from '@stowage/core';
import { describe, expect, inject, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { countingProxy } from './counting-proxy.js';
import { outputIn } from './output-in.js';
import { json, must, stowage } from './run.js';

const REFERENCE = `docker.io/library/${NAME}:latest`;
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('with the embedded store', () => mainJob(() => ['--engine', 'embedded']));

describeWith(
  [...DOCKER, 'docker', 'busybox'],
  'with a Docker Engine',
  () => {
    mainJob(() => ['--host', inject('dockerHost')]);

    it('loads an image that runs', async () => {
      const cwd = await createWorkspace({}, { busybox: true });
      await saveImage(cwd);
      const [result] = await load(cwd, ['--host', inject('dockerHost'), '--as', 'stowage-run:1']);
      expect(result?.action).toBe('loaded');
      const env = { DOCKER_HOST: inject('dockerHost') };
      expect(await outputIn('stowage-run:1', [], { env })).toBe('hello\n');
      await must('docker', ['image', 'rm', 'stowage-run:1'], { env });
    });

    it('sends the engine at most two requests when it has the image', async () => {
      const cwd = await createWorkspace();
      await saveImage(cwd);
      const host = inject('dockerHost');
      await load(cwd, ['--host', host]);
      const { proxy, requests } = await countingProxy(host);
      expect(await load(cwd, ['--host', proxy])).toMatchObject([{ action: 'skipped' }]);
      expect(requests.slice().sort()).toEqual(['GET /_ping', `GET /images/${NAME}:latest/json`]);
      await removeFromDocker(['--host', host], [NAME]);
    });

    it('builds a Dockerfile on a base of the workspace, saves the image, and does not build it the second time', async () => {
      const host = ['--host', inject('dockerHost')];
      const folder = 'apps/app/images/ubuntu-25.04-tools';
      const cwd = await createWorkspace(
        {
          [`${folder}/image.yaml`]: `project: app\nos: ubuntu-25.04\nvariant: tools\nbase: ${NAME}\ndockerfile: Dockerfile\nnetwork: host\nlabels: { a: b }\n`,
          [`${folder}/Dockerfile`]:
            'ARG BASE\nFROM ${BASE}\nARG WHO=world\nRUN ["/opt/app/busybox", "sh", "-c", "echo made > /opt/made"]\nCOPY x /opt/x\n',
          [`${folder}/x`]: 'x\n',
        },
        { busybox: true },
      );
      await saveImage(cwd);
      const options = { cwd };
      const first = await json<{ results: SaveResult[] }>(
        ['build', folder, '--save', ...host],
        options,
      );
      expect(first.results[0]?.action).toBe('saved');
      const again = await json<{ results: SaveResult[] }>(
        ['build', folder, '--save', ...host],
        options,
      );
      expect(again.results[0]?.action).toBe('skipped');
      await rm(join(cwd, 'images/app/app-ubuntu-25.04-tools.tar'));
      const { stderr, code } = await stowage(
        ['build', folder, '--save', '--progress', 'plain', ...host],
        options,
      );
      expect(code).toBe(0);
      expect(stderr).not.toContain('Step 1/');
      const { decisions } = await json<{ decisions: { name: string; action: string }[] }>(
        ['prune', '--dry-run', ...host],
        options,
      );
      expect(decisions.map(({ action }) => action)).toEqual(['keep', 'keep']);
      const env = { DOCKER_HOST: inject('dockerHost') };
      const name = 'app-ubuntu-25.04-tools:latest';
      const busybox = { env, entrypoint: '/opt/app/busybox' };
      expect(await outputIn(name, ['cat', '/opt/made', '/opt/x'], busybox)).toBe('made\nx\n');
      await must('docker', ['image', 'rm', name, NAME], { env });
    });

    it('shows the step that failed and its last lines', async () => {
      const folder = 'apps/app/images/ubuntu-25.04-broken';
      const cwd = await createWorkspace({
        [`${folder}/image.yaml`]:
          'project: app\nos: ubuntu-25.04\nvariant: broken\ndockerfile: Dockerfile\n',
        [`${folder}/Dockerfile`]: 'FROM scratch\nCOPY nothing-like-it /\n',
      });
      const { code, stderr } = await stowage(
        ['build', folder, '--save', '--host', inject('dockerHost')],
        { cwd },
      );
      expect(code).toBe(4);
      expect(stderr).toContain('nothing-like-it');
      expect(await exists(join(cwd, 'images'))).toBe(false);
    });
  },
  { root: true },
);

function mainJob(engine: () => string[]): void {
  it('saves once, and reports that there is nothing to do the second time', async () => {
    const cwd = await createWorkspace();
    expect((await saveImage(cwd)).action).toBe('saved');
    expect((await saveImage(cwd)).action).toBe('skipped');
    expect((await stowage(['build', DEFINITION, '--save'], { cwd })).stdout).toContain(
      'is in already',
    );
    const { entries } = await json<{ entries: ListEntry[] }>(['ls'], { cwd });
    expect(entries).toMatchObject([
      {
        name: NAME,
        reference: REFERENCE,
        project: 'app',
        os: 'ubuntu-25.04',
        variant: 'gcc15',
        state: 'ok',
        usageCount: 0,
      },
    ]);
  });

  it('loads, skips, retags, and counts uses', async () => {
    const cwd = await createWorkspace();
    await saveImage(cwd);
    const first = await load(cwd, engine());
    expect(first).toMatchObject([{ reference: REFERENCE, action: 'loaded' }]);
    expect(first[0]?.bytesSent).toBeGreaterThan(0);
    expect(await load(cwd, engine())).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
    expect(await load(cwd, [...engine(), '--as', 'other-name:2'])).toMatchObject([
      { reference: 'docker.io/library/other-name:2', action: 'retagged', bytesSent: 0 },
    ]);
    const { entries } = await json<{ entries: ListEntry[] }>(['ls'], { cwd });
    expect(entries[0]).toMatchObject({
      usageCount: 3,
      lastUsed: expect.stringMatching(/^20/) as string,
    });
    await removeFromDocker(engine(), [`${NAME}:latest`, 'other-name:2']);
  });

  it('saves a loaded image from the engine with the same digests', async () => {
    const cwd = await createWorkspace();
    const { digest } = await saveImage(cwd);
    await load(cwd, engine());
    expect((await saveFromEngine(cwd, [NAME], engine()))[0]).toMatchObject({
      action: 'skipped',
      digest,
    });
    await rm(join(cwd, 'images'), { recursive: true });
    expect((await saveFromEngine(cwd, [NAME], engine()))[0]).toMatchObject({
      action: 'saved',
      digest,
    });
    const [together] = await saveFromEngine(cwd, [NAME, '-o', 'out/x.tar'], engine());
    expect(together?.digest).toBe(digest);
    const inspected = await json<Inspection>(['inspect', 'out/x.tar'], { cwd });
    expect(inspected).toMatchObject({
      kind: 'hybrid-archive',
      compression: 'none',
      images: [{ names: [{ reference: REFERENCE }], digest }],
    });
    await removeFromDocker(engine(), [`${NAME}:latest`]);
  });

  it.each<[string, (path: string) => Promise<void>, number]>([
    ['missing', (path) => rm(path), 3],
    ['truncated', (path) => truncate(path, 5000), 4],
    ['bit-flipped', flip, 4],
    ['another image', replace, 4],
    ['text', (path) => writeFile(path, 'not a tar at all'.repeat(100)), 4],
  ])(
    'refuses an archive that is %s, tags nothing and leaves the catalog as it was',
    async (_what, damage, expected) => {
      const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'x'.repeat(300_000) });
      await saveImage(cwd);
      const catalog = await readFile(join(cwd, 'images/image-registry.yml'), 'utf8');
      await damage(join(cwd, ARCHIVE));
      const { code, stderr, stdout } = await stowage(['load', NAME, '--json', ...engine()], {
        cwd,
      });
      expect(code).toBe(expected);
      expect(stderr).toContain(ARCHIVE);
      expect(JSON.parse(stdout)).toMatchObject({
        error: {
          code: expect.any(String) as string,
          message: expect.stringContaining(ARCHIVE) as string,
        },
      });
      expect(await readFile(join(cwd, 'images/image-registry.yml'), 'utf8')).toBe(catalog);
      expect((await load(await saveElsewhere(), [...engine(), '--dry-run']))[0]?.action).toBe(
        'loaded',
      );
    },
  );
}

async function saveImage(cwd: string): Promise<SaveResult> {
  const { results } = await json<{ results: SaveResult[] }>(['build', DEFINITION, '--save'], {
    cwd,
  });
  if (!results?.[0]) throw new Error('nothing was saved');
  return results[0];
}

async function saveElsewhere(): Promise<string> {
  const cwd = await createWorkspace({ [`${DEFINITION}/files/big`]: 'x'.repeat(300_000) });
  await saveImage(cwd);
  return cwd;
}

async function load(cwd: string, args: readonly string[]): Promise<LoadResult[]> {
  return (await json<{ results: LoadResult[] }>(['load', NAME, ...args], { cwd })).results;
}

async function saveFromEngine(
  cwd: string,
  args: readonly string[],
  engine: readonly string[],
): Promise<SaveResult[]> {
  return (await json<{ results: SaveResult[] }>(['save', ...args, ...engine], { cwd })).results;
}

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.length - 20_000;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

async function replace(path: string): Promise<void> {
  const other = await createWorkspace();
  await put(other, `${DEFINITION}/files/hello`, 'another image\n');
  await saveImage(other);
  await writeFile(path, await readFile(join(other, ARCHIVE)));
}

/** Removes the images of a test from the shared engine. */
async function removeFromDocker(
  engine: readonly string[],
  names: readonly string[],
): Promise<void> {
  if (engine[0] === '--host')
    await must('docker', ['image', 'rm', ...names], { env: { DOCKER_HOST: engine[1] ?? '' } });
}
