import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inspection, PullResult, PushResult } from '@stowage/core';
import { expect, inject, it, onTestFinished } from 'vitest';
import { localFlag } from './ctr.js';
import { ARCHIVE, createWorkspace, DEFINITION, NAME } from './fixture.js';
import { goTool } from './go-tools.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const REFERENCE = `docker.io/library/${NAME}:latest`;

/** Saves an archive. @returns its path, and the digests of its content */
async function saveArchive(): Promise<{
  archive: string;
  digest: string;
  configDigest: string;
  diffIds: (string | null)[];
}> {
  const cwd = await createWorkspace();
  expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
  const archive = join(cwd, ARCHIVE);
  return { archive, ...(await contentOf(archive)) };
}

async function contentOf(location: string): Promise<{
  digest: string;
  configDigest: string;
  diffIds: (string | null)[];
  names: readonly (string | null)[];
}> {
  const { images } = await json<Inspection>(['inspect', location]);
  const [image] = images;
  if (!image) throw new Error(`${location} holds no image`);
  return {
    digest: image.digest,
    configDigest: image.configDigest ?? '',
    diffIds: image.layers.map(({ diffId }) => diffId),
    names: image.names.map(({ reference }) => reference),
  };
}

describeWith(['skopeo'], 'skopeo', () => {
  it('reads our archives as both kinds', async () => {
    const { archive, digest } = await saveArchive();
    const inspect = async (location: string) =>
      JSON.parse(await must('skopeo', ['inspect', location])) as { Digest: string };
    expect((await inspect(`oci-archive:${archive}`)).Digest).toBe(digest);
    expect((await inspect(`docker-archive:${archive}`)).Digest).toMatch(/^sha256:/);
  });

  it.each(['oci-archive', 'docker-archive', 'oci'])(
    'writes %s that we read, with the same digests',
    async (kind) => {
      const { archive, configDigest, diffIds } = await saveArchive();
      const target = join(await temporaryFolder(), 'theirs');
      await must('skopeo', [
        'copy',
        '--insecure-policy',
        `oci-archive:${archive}`,
        `${kind}:${target}:example.com/app:1`,
      ]);
      const theirs = await contentOf(target);
      expect(theirs.diffIds).toEqual(diffIds);
      expect(theirs.names).toEqual(['example.com/app:1']);
      if (kind === 'docker-archive') expect(theirs.configDigest).toBe(configDigest);
      else
        expect(
          (
            JSON.parse(
              await must('skopeo', ['inspect', `${kind}:${target}:example.com/app:1`]),
            ) as { Digest: string }
          ).Digest,
        ).toBe(theirs.digest);
      const { code } = await stowage(['load', target, '--engine', 'embedded'], {
        cwd: await createWorkspace(),
      });
      expect(code).toBe(0);
    },
  );
});

describeWith(
  ['podman'],
  'podman',
  () => {
    it('loads our archives, and we read both kinds that it saves', async () => {
      const { archive, configDigest, diffIds } = await saveArchive();
      const folder = await temporaryFolder();
      const podman = (...args: string[]) =>
        must('podman', [
          '--root',
          join(folder, 'root'),
          '--runroot',
          join(folder, 'run'),
          '--storage-driver',
          'vfs',
          ...args,
        ]);
      expect(await podman('load', '-i', archive)).toContain(NAME);
      const id = await podman('image', 'inspect', '--format', '{{.Id}}', NAME);
      expect(`sha256:${id.trim()}`).toBe(configDigest);
      for (const format of ['docker-archive', 'oci-archive']) {
        const target = join(folder, `${format}.tar`);
        await podman('save', '--format', format, '-o', target, NAME);
        const theirs = await contentOf(target);
        expect({ diffIds: theirs.diffIds, names: theirs.names }).toEqual({
          diffIds,
          names: [REFERENCE],
        });
      }
    });
  },
  { root: true },
);

describeWith(
  [...DOCKER, 'docker', 'ctr'],
  'docker and containerd',
  () => {
    it('docker load accepts our archives, docker save returns the same image', async () => {
      const { archive, configDigest, diffIds } = await saveArchive();
      const env = { DOCKER_HOST: inject('dockerHost') };
      expect(await must('docker', ['load', '-i', archive], { env })).toContain(`${NAME}:latest`);
      onTestFinished(async () => void (await must('docker', ['image', 'rm', NAME], { env })));
      const saved = join(await temporaryFolder(), 'saved.tar');
      await must('docker', ['save', '-o', saved, `${NAME}:latest`], { env });
      expect(await contentOf(saved)).toMatchObject({ configDigest, diffIds, names: [REFERENCE] });
      const direct = await json<Inspection>([
        'inspect',
        `docker-daemon:${NAME}`,
        '--host',
        inject('dockerHost'),
      ]);
      expect(direct).toMatchObject({ kind: 'engine', images: [{ configDigest }] });
    });

    it('ctr imports our archives under name and digest, and we read its export', async () => {
      const { archive, digest } = await saveArchive();
      const ctr = (...args: string[]) =>
        must('ctr', ['-a', inject('containerd'), '-n', 'stowage-e2e', ...args]);
      await ctr('images', 'import', ...(await localFlag('import')), archive);
      expect(await ctr('images', 'ls')).toMatch(new RegExp(`${REFERENCE} .*${digest}`));
      const target = join(await temporaryFolder(), 'exported.tar');
      await ctr('images', 'export', ...(await localFlag('export')), target, REFERENCE);
      expect(await contentOf(target)).toMatchObject({ digest, names: [REFERENCE] });
      await ctr('images', 'rm', REFERENCE);
      await rm(target);
    });
  },
  { root: true },
);

describeWith(
  ['buildah', 'umoci', 'go'],
  'buildah, umoci, crane and regctl',
  () => {
    it('buildah pulls our archives, and we read those it pushes', async () => {
      const { archive, configDigest, diffIds } = await saveArchive();
      const folder = await temporaryFolder();
      const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
      const buildah = (...args: string[]) =>
        must('buildah', [...storage, '--storage-driver', 'vfs', ...args]);
      await buildah('pull', '-q', `oci-archive:${archive}`);
      const ids = await buildah('images', '--no-trunc', '--format', '{{.ID}}');
      expect(ids.trim()).toBe(configDigest);
      const target = join(folder, 'theirs.tar');
      await buildah('push', '-q', configDigest, `oci-archive:${target}:example.com/app:1`);
      expect(await contentOf(target)).toMatchObject({ diffIds, names: ['example.com/app:1'] });
    });

    it('umoci changes our layouts, and we read the result', async () => {
      const { archive, diffIds } = await saveArchive();
      const cwd = await temporaryFolder();
      await json(['copy', archive, 'oci:layout:app:1'], { cwd });
      await must('umoci', ['stat', '--image', 'layout:1', '--json'], { cwd });
      await must('umoci', ['unpack', '--rootless', '--image', 'layout:1', 'bundle'], { cwd });
      const change = ['config', '--image', 'layout:1', '--tag', '2', '--config.label', 'a=b'];
      await must('umoci', change, { cwd });
      expect((await contentOf(`oci:${cwd}/layout:2`)).diffIds).toEqual(diffIds);
      expect((await stowage(['verify', `oci:${cwd}/layout:2`])).code).toBe(0);
    });

    it('crane validates and pushes our archives, and we read those it pulls', async () => {
      const { archive, configDigest, diffIds } = await saveArchive();
      const crane = await goTool('crane');
      const folder = await temporaryFolder();
      await must(crane, ['validate', '--tarball', archive]);
      await using registry = await serveWith(crane, folder);
      const name = `127.0.0.1:${registry.port}/app:1`;
      await must(crane, ['push', '--insecure', archive, name]);
      for (const format of ['tarball', 'oci']) {
        const target = join(folder, format);
        await must(crane, ['pull', '--insecure', '--format', format, name, target]);
        expect(await contentOf(target)).toMatchObject({ configDigest, diffIds });
        expect((await stowage(['verify', target])).code).toBe(0);
      }
    });

    it('regctl imports our archives under their digests, and we read its export', async () => {
      const { archive, digest } = await saveArchive();
      const regctl = await goTool('regctl');
      const cwd = await temporaryFolder();
      const env = { HOME: cwd };
      await must(regctl, ['image', 'import', 'ocidir://layout:1', archive], { cwd, env });
      const theirs = await must(regctl, ['image', 'digest', 'ocidir://layout:1'], { cwd, env });
      expect(theirs.trim()).toBe(digest);
      expect((await contentOf(join(cwd, 'layout'))).digest).toBe(digest);
      await must(regctl, ['image', 'export', 'ocidir://layout:1', 'x.tar'], { cwd, env });
      expect((await contentOf(join(cwd, 'x.tar'))).digest).toBe(digest);
    });

    it('crane and regctl read our pushes from another registry with the same digests', async () => {
      const [crane, regctl] = [await goTool('crane'), await goTool('regctl')];
      const folder = await temporaryFolder();
      const env = { HOME: folder, STOWAGE_CACHE_DIR: join(folder, 'cache') };
      await using registry = await serveWith(crane, await temporaryFolder());
      const host = `127.0.0.1:${registry.port}`;
      await must(regctl, ['registry', 'set', '--tls', 'disabled', host], { env });
      // The first is compressed during the push, the other keeps its digest.
      const archives = ['docker-20.tar', 'docker-25.tar'].map((file) => join(GOLDEN, file));
      for (const [at, archive] of archives.entries()) {
        const args = ['push', archive, '--to', `${host}/from-${at}`];
        // A registry on this machine gets the layers as they are.
        if (at === 0) args.push('--compress', 'gzip');
        const { results } = await json<{ results: PushResult[] }>(args, { env });
        expect(results.length).toBeGreaterThan(0);
        for (const { reference, digest } of results) {
          expect((await must(crane, ['digest', '--insecure', reference])).trim()).toBe(digest);
          // It expects gzip layers, and the other archive's are not compressed.
          if (at === 0) await must(crane, ['validate', '--insecure', '--remote', reference]);
          const head = await must(regctl, ['manifest', 'head', reference], { env });
          expect(head.trim()).toBe(digest);
        }
        const pulled = results.map(({ reference }) => reference);
        const output = `back-${at}.tar`;
        const back = await json<{ results: PullResult[] }>(['pull', ...pulled, '-o', output], {
          cwd: folder,
          env,
        });
        expect(back.results.map(({ digest }) => digest)).toEqual(
          results.map(({ digest }) => digest),
        );
        expect((await stowage(['verify', output], { cwd: folder })).code).toBe(0);
      }
    });
  },
  { root: true },
);

/** Starts a registry on a free port; it stops when it is disposed. */
async function serveWith(
  crane: string,
  folder: string,
): Promise<AsyncDisposable & { readonly port: number }> {
  const child = spawn(crane, ['registry', 'serve', '--address', '127.0.0.1:0', '--disk', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (line: Buffer) => {
      const [, number] = /serving on port:? (\d+)/.exec(line.toString()) ?? [];
      if (number !== undefined) resolve(Number(number));
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error('crane registry serve ended')));
  });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
