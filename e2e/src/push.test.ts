import { createServer, type AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inspection, PushResult } from '@stowage/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const golden = (file: string) => join(GOLDEN, file);

const push = async (args: readonly string[], cwd: string) =>
  (await json<{ results: PushResult[] }>(['push', ...args], { cwd })).results;

describeWith(['docker-registry', 'skopeo'], 'push', () => {
  it('puts every image under its own name, behind the prefix', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const results = await push([golden('docker-25.tar'), '--to', `${host}/mirror`], cwd);
    expect(results.map(({ source, reference, action }) => [source, reference, action])).toEqual([
      ['docker.io/golden/app:v1', `${host}/mirror/golden/app:v1`, 'pushed'],
      ['docker.io/golden/app:also', `${host}/mirror/golden/app:also`, 'pushed'],
      ['docker.io/library/hello:1.0', `${host}/mirror/library/hello:1.0`, 'pushed'],
    ]);
    // What the archive's index says is what the registry holds.
    const { images } = await json<Inspection>(['inspect', golden('docker-25.tar')]);
    expect(new Set(results.map(({ digest }) => digest))).toEqual(
      new Set(images.map(({ digest }) => digest)),
    );
    const again = await push([golden('docker-25.tar'), '--to', `${host}/mirror`], cwd);
    expect(again.map(({ action, bytesSent }) => [action, bytesSent])).toEqual(
      Array(3).fill(['skipped', 0]),
    );
  });

  it('packs the layers of a docker-archive, and what is there elsewhere is not sent', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const to = ['--to', host];
    const [first] = await push([golden('docker-20.tar'), ...to], cwd);
    expect(first?.blobs.sent).toBe(3);
    const raw = await must('skopeo', [
      'inspect',
      '--tls-verify=false',
      '--raw',
      `docker://${first?.reference}`,
    ]);
    expect(raw).toContain('tar+gzip');
    const [other] = await push([golden('podman-oci.tar'), ...to, '--tag', 'a/b:c'], cwd);
    expect(other?.reference).toBe(`${host}/a/b:c`);
    // The images of one push share layers across repositories, too.
    const fresh = await startRegistry();
    const several = await push([golden('docker-20-several.tar'), '--to', fresh], cwd);
    expect(several.map(({ blobs }) => blobs)).toEqual([
      { sent: 3, mounted: 0, existing: 0 },
      { sent: 1, mounted: 2, existing: 0 },
      expect.anything(),
    ]);
  });

  it('takes patterns, signatures, and tags that are there as it is told', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    for (const name of ['a', 'b'])
      await writeFile(join(cwd, `${name}.tar`), await readFile(golden('referrers.tar')));
    const results = await push(['*.tar', '--to', host], cwd);
    expect(results.map(({ action }) => action)).toEqual(['pushed', 'skipped']);
    const name = `docker://${results[0]?.reference}`;
    await json(['copy', name, 'back.tar'], { cwd });
    expect((await json<Inspection>(['inspect', 'back.tar'], { cwd })).images).toHaveLength(3);
    const other = [golden('podman-oci.tar'), '--to', host, '--tag', 'golden/app:v1'];
    const skipped = await push([...other, '--on-existing-tag', 'skip'], cwd);
    expect(skipped).toMatchObject([{ action: 'skipped', digest: results[0]?.digest }]);
    const refused = await stowage(['push', ...other, '--on-existing-tag', 'error'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([8, expect.stringContaining(host)]);
    expect(await push(other, cwd)).toMatchObject([{ action: 'pushed' }]);
  });
});

describe('push connects to nobody', () => {
  it.each<[string, number, (file: string) => readonly string[]]>([
    ['a file that is not there', 3, () => ['./none.tar']],
    ['a pattern that nothing matches', 3, () => ['none*.tar']],
    ['an archive of no images', 3, () => [golden('empty-oci.tar')]],
    ['an image without a name', 2, () => [golden('skopeo-unnamed.tar')]],
    ['one name for several', 2, () => [golden('docker-25.tar'), '--tag', 'a:1']],
    ['two images of one name', 2, () => [golden('docker-25.tar'), golden('docker-20.tar')]],
    ['platforms that are not there', 4, () => [golden('docker-29-sparse.tar')]],
    ['a file cut short', 4, (file) => [file]],
    ['a dry run', 0, () => [golden('docker-25.tar'), '--dry-run']],
    ['a user without a password', 2, () => [golden('docker-25.tar'), '--username', 'ada']],
  ])('for %s', async (_, expected, args) => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, 'cut.tar'),
      (await readFile(golden('docker-25.tar'))).subarray(0, 9000),
    );
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await stowage(['push', ...args('./cut.tar'), '--to', to], { cwd });
    expect(code, stderr).toBe(expected);
    expect(connections).toBe(0);
  });

  it('that is no address', async () => {
    const { code, stderr } = await stowage(['push', golden('docker-25.tar'), '--to', 'no/ne/']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('HOST[:PORT][/PREFIX]')]);
  });
});
