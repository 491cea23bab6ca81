import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopiedImage, Inspection, VerifyResult } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');

describe('archives of other tools', () => {
  it('are verified by one command, all of them', async () => {
    const files = (await readdir(GOLDEN)).filter((file) => file.includes('.tar'));
    const { results } = await json<{ results: VerifyResult[] }>(['verify', ...files], {
      cwd: GOLDEN,
    });
    expect(results.map(({ location, ok }) => [location, ok])).toEqual(
      files.map((file) => [file, true]),
    );
    expect(files.length).toBeGreaterThan(15);
  });

  it('move with their digests into archives and layouts, and out of a pipe', async () => {
    const cwd = await temporaryFolder();
    const copy = async (...args: string[]) =>
      (await json<{ results: CopiedImage[] }>(['copy', ...args], { cwd })).results.map(
        ({ digest }) => digest,
      );
    const digest = await copy(join(GOLDEN, 'ctr.tar'), 'oci:layout');
    expect(await copy('layout', 'a.tar')).toEqual(digest);
    await copy(join(GOLDEN, 'crane.tar'), 'a.tar', '--append');
    const { images } = await json<Inspection>(['inspect', 'a.tar'], { cwd });
    expect(images.map((image) => image.digest)).toContain(digest[0]);
    expect(images).toHaveLength(2);
    const { code, stderr } = await stowage(['copy', 'layout', 'a.tar'], { cwd });
    expect(code).toBe(8);
    expect(stderr).toContain('--append');
    expect((await stowage(['copy', 'a.tar', 'b.tar'], { cwd })).code).toBe(2);
  });
});

describeWith(['skopeo'], 'what we copy, skopeo reads', () => {
  it.each(['docker-20.tar', 'podman-oci.tar.zst', 'umoci-dot-slash.tar', 'regctl.tar'])(
    '%s',
    async (file) => {
      const cwd = await temporaryFolder();
      await json(['copy', join(GOLDEN, file), 'out.tar', '--as', 'app:1'], { cwd });
      await json(['copy', join(GOLDEN, file), 'oci:layout:app:1'], { cwd });
      const { images } = await json<Inspection>(['inspect', 'out.tar'], { cwd });
      const configOf = async (location: string) =>
        JSON.parse(await must('skopeo', ['inspect', '--raw', location], { cwd })) as {
          config: { digest: string };
        };
      for (const location of ['oci-archive:out.tar', 'docker-archive:out.tar', 'oci:layout'])
        expect((await configOf(location)).config.digest, location).toBe(images[0]?.configDigest);
    },
  );
});
