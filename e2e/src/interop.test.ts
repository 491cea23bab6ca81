import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inspection } from '@stowage/core';
import { expect, inject, it, onTestFinished } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME } from './fixture.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

const REFERENCE = `docker.io/library/${NAME}:latest`;

/** One of our archives, and what is in it. */
async function ours(): Promise<{
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
  it('reads ours as both kinds of archive', async () => {
    const { archive, digest } = await ours();
    const inspect = async (location: string) =>
      JSON.parse(await must('skopeo', ['inspect', location])) as { Digest: string };
    expect((await inspect(`oci-archive:${archive}`)).Digest).toBe(digest);
    expect((await inspect(`docker-archive:${archive}`)).Digest).toMatch(/^sha256:/);
  });

  it.each(['oci-archive', 'docker-archive', 'oci'])(
    'writes %s that we read, with the same digests',
    async (kind) => {
      const { archive, configDigest, diffIds } = await ours();
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
    it('loads ours, and saves archives of both kinds that we read', async () => {
      const { archive, configDigest, diffIds } = await ours();
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
    it('docker load takes ours, docker save gives the same image back', async () => {
      const { archive, configDigest, diffIds } = await ours();
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

    it('ctr imports ours under its name and digest, and exports what we read', async () => {
      const { archive, digest } = await ours();
      const ctr = (...args: string[]) =>
        must('ctr', ['-a', inject('containerd'), '-n', 'stowage-e2e', ...args]);
      await ctr('images', 'import', archive);
      expect(await ctr('images', 'ls')).toMatch(new RegExp(`${REFERENCE} .*${digest}`));
      const target = join(await temporaryFolder(), 'exported.tar');
      await ctr('images', 'export', target, REFERENCE);
      expect(await contentOf(target)).toMatchObject({ digest, names: [REFERENCE] });
      await ctr('images', 'rm', REFERENCE);
      await rm(target);
    });
  },
  { root: true },
);
