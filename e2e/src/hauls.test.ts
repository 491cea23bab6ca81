import { mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopiedImage, Inspection, PushResult, VerifyResult } from '@stowage/core';
import { expect, it } from 'vitest';
import { dockerArchive, haul, HAULED, Layout } from '../../packages/core/testing/haul.js';
import { startRegistry } from './distribution-server.js';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

describeWith(['docker-registry', 'skopeo'], 'a store of hauler or cosign', () => {
  it('is verified, copied and pushed, with its signatures where cosign looks for them', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const { layout, digests } = await haul({ isHybrid: true });
    await layout.write(join(cwd, 'haul.tar'));
    const { results } = await json<{ results: VerifyResult[] }>(['verify', 'haul.tar'], { cwd });
    expect(results).toMatchObject([{ ok: true, images: 3, problems: [] }]);
    const copied = await json<{ results: CopiedImage[] }>(['copy', 'haul.tar', 'copy.tar'], {
      cwd,
    });
    expect(copied.results.map(({ digest }) => digest)).toEqual(digests);
    for (const file of ['haul.tar', 'copy.tar']) {
      const to = `${host}/${file}`;
      const pushed = await json<{ results: PushResult[] }>(['push', file, '--to', to], { cwd });
      expect(pushed.results).toMatchObject([{ source: HAULED, digest: digests[0] }]);
      const tag = `sha256-${digests[0]?.slice('sha256:'.length)}`;
      for (const [at, name] of ['1.0', `${tag}.sig`, `${tag}.att`].entries()) {
        const image = `docker://${to}/team/app:${name}`;
        const args = ['inspect', '--tls-verify=false', '--no-tags', '--raw', image];
        await writeFile(join(cwd, 'manifest'), await must('skopeo', args));
        const digest = await must('skopeo', ['manifest-digest', join(cwd, 'manifest')]);
        expect(digest.trim(), name).toBe(digests[at]);
      }
    }
  });
});

describeWith(['tar'], 'an archive with something odd in it', () => {
  it('is read without its malformed image, which is reported', async () => {
    const cwd = await temporaryFolder();
    const layout = new Layout();
    layout.list(await layout.image('good', {}), 'good:1');
    const odd = layout.put('application/vnd.oci.image.manifest.v1+json', { layers: 'none' });
    layout.list(odd, 'odd:1');
    await layout.write(join(cwd, 'x.tar'));
    const { images, notices } = await json<Inspection>(['inspect', 'x.tar'], { cwd });
    expect(images.map(({ platforms }) => platforms)).toMatchObject([
      [{ os: 'unknown', architecture: 'unknown', present: true }],
    ]);
    expect(notices).toHaveLength(1);
    const loaded = await stowage(['load', 'x.tar', '--engine', 'embedded'], { cwd });
    expect([loaded.code, loaded.stdout, loaded.stderr]).toEqual([
      0,
      expect.stringContaining('good:1'),
      expect.stringContaining('odd:1: left out: manifest'),
    ]);
    expect((await stowage(['verify', 'x.tar'], { cwd })).code).toBe(4);
  });

  it.each(['gnu', 'posix'])('is refused when its files are sparse: %s', async (format) => {
    const cwd = await temporaryFolder();
    await dockerArchive(join(cwd, 'plain.tar'), [{}]);
    await mkdir(join(cwd, 'files'));
    await must('tar', ['-C', 'files', '-xf', 'plain.tar'], { cwd });
    // A member before the others, with more holes than one header describes.
    const holes = Buffer.alloc(4096, 1);
    const file = join(cwd, 'files/0/a');
    await writeFile(file, '');
    await truncate(file, 64 * 1024 ** 2);
    await using handle = await open(file, 'r+');
    for (let at = 0; at < 30; at++) await handle.write(holes, 0, holes.byteLength, at * 1024 ** 2);
    await must('tar', ['-C', 'files', '-S', `--format=${format}`, '-cf', 'x.tar', '.'], { cwd });
    expect((await readFile(join(cwd, 'x.tar'))).byteLength).toBeLessThan(1024 ** 2);
    const refused = await stowage(['inspect', 'x.tar'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/".*0\/a" is stored .*sparse file[^]*--sparse/),
    ]);
  });
});
