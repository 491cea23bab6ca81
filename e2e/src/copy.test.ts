import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopiedImage, Inspection, VerifyResult } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');

describe('archives of other tools', () => {
  it('are all verified by one command', async () => {
    const files = (await readdir(GOLDEN)).filter((file) => file.includes('.tar'));
    const { results } = await json<{ results: VerifyResult[] }>(
      ['verify', '--allow-sparse', ...files],
      {
        cwd: GOLDEN,
      },
    );
    expect(results.map(({ location, ok }) => [location, ok])).toEqual(
      files.map((file) => [file, true]),
    );
    expect(files.length).toBeGreaterThan(15);
  });

  it('are copied with their digests to archives and layouts, and from a pipe', async () => {
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

describe('a delta', () => {
  it('holds only the blobs that its base lacks, reports missing ones, and gives the same image with the base', async () => {
    const cwd = await temporaryFolder();
    const ok = (...args: string[]) => json<{ results: CopiedImage[] }>(args, { cwd });
    const several = join(GOLDEN, 'docker-20-several.tar');
    await ok('copy', join(GOLDEN, 'docker-20.tar'), 'old.tar');
    await ok('copy', several, 'new.tar', '--all', '--force');
    await ok('copy', '--base', 'old.tar', 'new.tar', 'delta.tar', '--all');
    const size = async (file: string) => (await stat(join(cwd, file))).size;
    expect(await size('delta.tar')).toBeLessThan(await size('new.tar'));
    const alone = await json<{ results: VerifyResult[] }>(['verify', 'delta.tar'], { cwd });
    expect(new Set(alone.results[0]?.problems.map(({ code }) => code))).toEqual(
      new Set(['INCOMPLETE']),
    );
    const whole = await json<{ results: VerifyResult[] }>(
      ['verify', 'delta.tar', '--base', 'old.tar'],
      { cwd },
    );
    expect(whole.results[0]).toMatchObject({ ok: true, images: 2 });
    await ok('copy', '--base', 'old.tar', 'delta.tar', 'again.tar', '--all');
    expect(await readFile(join(cwd, 'again.tar'))).toEqual(await readFile(join(cwd, 'new.tar')));
    const load = (...args: string[]) =>
      stowage(['load', 'delta.tar', '--engine', 'embedded', ...args], { cwd });
    const refused = await load();
    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/missing sha256:[0-9a-f]{64}[\s\S]*--base/);
    expect((await load('--base', 'old.tar')).code).toBe(0);
  });
});

describe('convert', () => {
  it('prints the old and the new digest, and converts back to the old one', async () => {
    const cwd = await temporaryFolder();
    const convert = async (...args: string[]) =>
      (await json<{ results: CopiedImage[] }>(['convert', ...args], { cwd })).results[0];
    await json(['copy', join(GOLDEN, 'docker-20.tar'), 'plain.tar'], { cwd });
    for (const how of ['gzip', 'zstd']) {
      const packed = await convert('plain.tar', `${how}.tar`, '--compress', how);
      expect(packed?.digest).not.toBe(packed?.before);
      const back = await convert(`${how}.tar`, `${how}-back.tar`, '--compress', 'none');
      expect(back?.digest).toBe(packed?.before);
      expect((await stowage(['verify', `${how}.tar`, `${how}-back.tar`], { cwd })).code).toBe(0);
    }
    for (const suffix of ['gz', 'zst']) {
      await json(['copy', 'plain.tar', `whole.tar.${suffix}`], { cwd });
      expect((await stowage(['verify', `whole.tar.${suffix}`], { cwd })).code).toBe(0);
    }
    expect((await stowage(['copy', 'plain.tar', 'whole.tar.xz'], { cwd })).code).toBe(2);
  });
});

describeWith(['skopeo'], 'skopeo reads a copy of', () => {
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
