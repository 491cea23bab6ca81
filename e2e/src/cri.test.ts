import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  copyGraph,
  imagesOf,
  openArchive,
  parsePlatform,
  selectPlatform,
  walk,
  type LoadResult,
  type PruneResult,
} from '@stowage/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import { archiveOf, attest } from './engines/images.js';
import { put } from './fixture.js';
import { startKubelet, type Kubelet } from './kubelet.js';
import { json, must } from './run.js';

const [APP, PAUSE] = ['app-debian-12-base', 'pause-debian-12-base'];
const NAME = 'docker.io/library/app';
const SANDBOX = `docker.io/library/${PAUSE}:latest`;
const [ARM64, AMD64] = ['linux/arm64', 'linux/amd64'];

/** In version 2, which every containerd reads. */
const CONFIGURATION = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${SANDBOX}"
  # For machines without AppArmor, and where the score of a process cannot be lowered.
  disable_apparmor = true
  restrict_oom_score_adj = true
`;

describeEngines(
  (engine) => {
    let kubelet: Kubelet;
    const folder = () => join(engine.started().folder, 'workspace');
    const archive = (name: string) =>
      join(folder(), 'images', name.split('-')[0] ?? '', `${name}.tar`);

    beforeAll(async () => {
      await makeImages(folder());
      await stowage(engine, ['load', archive(PAUSE)]);
      kubelet = await startKubelet(engine.started());
    });
    afterAll(() => kubelet.stop());

    /** Loads an image as `app:1`. @returns the result, with its name by digest */
    const load = async (path: string) => {
      const args = ['load', path, '--as', `${NAME}:1`];
      const { results } = await stowage<{ results: LoadResult[] }>(engine, args);
      const [result] = results;
      if (!result) throw new Error('expected a result');
      return { ...result, byDigest: `${NAME}@${result.digest}` };
    };

    /** A kubelet finds the image, of which containerd tells it a moment after the load. */
    const finds = (id: string, name: string) =>
      expect.poll(() => kubelet.image(name)).toMatchObject({ id });

    /** The image runs by each of the names, and is the one with this config. */
    const runsBy = async (id: string, names: readonly string[], imageRef: string) => {
      for (const name of names) await finds(id, name);
      for (const name of names) {
        const { log, ...result } = await kubelet.run(name);
        expect(log).toMatch(/ stdout F hello\n$/);
        expect(result).toEqual({ exitCode: 0, imageRef });
      }
    };

    it.each(['oci-archive', 'docker-archive'])('runs an image of an %s', async (kind) => {
      const path = join(folder(), `${kind}.tar`);
      await json(['convert', archive(APP), `${kind}:${path}`, '--platform', AMD64]);
      const { digest, byDigest } = await load(path);
      const [id = ''] = await configsOf(path);
      await runsBy(id, ['app:1', byDigest], byDigest);
      for (const name of [`${NAME}:1`, `app@${digest}`, id]) await finds(id, name);
      expect(await kubelet.images()).toContainEqual(
        expect.objectContaining({ id, repoTags: [`${NAME}:1`], repoDigests: [byDigest] }),
      );
      await kubelet.remove(byDigest);
      expect(await kubelet.image('app:1')).toBeUndefined();
      expect(await load(path)).toMatchObject({ action: 'loaded' });
      await finds(id, 'app:1');
      await kubelet.remove('app:1');
    });

    it('runs an image of several platforms, by the digest of its index', async () => {
      const { byDigest } = await load(archive(APP));
      const [, id = ''] = await configsOf(archive(APP));
      await runsBy(id, ['app:1', byDigest], byDigest);
      await kubelet.remove('app:1');
    });

    it('runs an image with an attestation', async () => {
      const { source } = await openArchive(archive(APP));
      await using image = source;
      const store = new MemoryStore();
      const platform = parsePlatform(AMD64);
      const { descriptor } = await image.resolve();
      const chosen = await selectPlatform(image, descriptor, platform);
      await copyGraph(image, await walk(image, chosen), store);
      await store.tag(chosen, `${NAME}:1`);
      await store.commit();
      const { index } = await attest(store, `${NAME}:1`);
      const { digest, byDigest } = await load(await archiveOf(store, `${NAME}:1`));
      expect(digest).toBe(index.digest);
      const [, id = ''] = await configsOf(archive(APP));
      await runsBy(id, ['app:1', byDigest], byDigest);
      await kubelet.remove('app:1');
    });

    it('runs by digest an image that another tool named by its tag alone', async () => {
      const path = archive(APP);
      const { byDigest } = await load(path);
      const ctr = ['--namespace', 'k8s.io', 'images'];
      const unname = async () => {
        await must('ctr', [...ctr, 'remove', '--sync', byDigest], { env: engine.started().env });
        await expect.poll(() => kubelet.image(byDigest)).toBeUndefined();
      };
      await unname();
      // No registry is asked.
      const args = ['load', `docker://${NAME}:1`, '--if-not-present'];
      const foreseen = await stowage<{ results: LoadResult[] }>(engine, [...args, '--dry-run']);
      const named = await stowage<{ results: LoadResult[] }>(engine, args);
      for (const { results } of [foreseen, named])
        expect(results).toMatchObject([{ action: 'retagged', bytesSent: 0 }]);
      await expect.poll(() => kubelet.image(byDigest)).toBeDefined();
      await unname();
      expect(await load(path)).toMatchObject({ action: 'retagged', bytesSent: 0 });
      const [, id = ''] = await configsOf(path);
      await runsBy(id, [byDigest], byDigest);
      expect(await load(path)).toMatchObject({ action: 'skipped' });
      await kubelet.remove('app:1');
    });

    it('keeps pinned images, and says so', async () => {
      const { env } = engine.started();
      // Containerd 1.6 pins no sandbox image by itself, and its interface for kubelets knows no pins.
      const isOld = engine.name === 'containerd-1.6';
      const label = [SANDBOX, 'io.cri-containerd.pinned=pinned'];
      if (isOld) await must('ctr', ['--namespace', 'k8s.io', 'images', 'label', ...label], { env });
      const tags = async () => (await kubelet.images()).map(({ repoTags }) => repoTags);
      const loadApp = async () => {
        await stowage(engine, ['load', archive(APP)]);
        await expect.poll(() => kubelet.image(APP)).toBeDefined();
      };
      await loadApp();
      if (!isOld) {
        await kubelet.removeUnused();
        expect(await tags()).toEqual([[SANDBOX]]);
        await loadApp();
      }
      const { decisions } = await stowage<PruneResult>(engine, ['prune', '--max-used', '1B']);
      const engineOnly = decisions.filter(({ kind }) => kind === 'engine');
      expect(engineOnly).toMatchObject([
        { name: APP, action: 'delete' },
        {
          ...{ name: PAUSE, action: 'keep', rule: 'pinned' },
          reason: 'the engine pins it (io.cri-containerd.pinned)',
        },
      ]);
      await expect.poll(tags).toEqual([[SANDBOX]]);
    });
  },
  { kind: 'containerd', configuration: CONFIGURATION, programs: ['go', 'busybox'] },
);

/** An image that prints a line, for two platforms, and one that a pod's sandbox runs. */
async function makeImages(cwd: string): Promise<void> {
  const make = async (project: string, entrypoint: string, platforms: readonly string[]) => {
    const definition = `apps/${project}/images/debian-12-base`;
    const lines = [
      `project: ${project}`,
      'os: debian-12',
      'variant: base',
      'copy: [{ from: busybox, to: /bin/busybox }]',
      `entrypoint: [/bin/busybox, ${entrypoint}]`,
    ];
    await put(cwd, `${definition}/image.yaml`, `${lines.join('\n')}\n`);
    await copyFile('/bin/busybox', join(cwd, definition, 'busybox'));
    await json(
      ['build', definition, '--save', '--engine', 'embedded', '--platform', ...platforms],
      { cwd },
    );
  };
  await put(cwd, 'stowage.yaml', '');
  await make('pause', 'sleep, "600"', [AMD64]);
  await make('app', 'echo, hello', [ARM64, AMD64]);
}

function stowage<T>({ started }: EngineUnderTest, args: readonly string[]): Promise<T> {
  const { folder, flags, env } = started();
  return json<T>([...args, ...flags], { cwd: join(folder, 'workspace'), env });
}

/** Digests of the configs of an archive's images. */
async function configsOf(path: string): Promise<string[]> {
  const { source } = await openArchive(path);
  await using archive = source;
  const { descriptor } = await archive.resolve();
  return imagesOf(await walk(archive, descriptor)).map(
    ({ configDescriptor }) => configDescriptor.digest,
  );
}
