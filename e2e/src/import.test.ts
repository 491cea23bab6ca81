import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportedRegistry } from '@stowage/core/registry';
import { describe, expect, it } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';
import { archive, digestOf, pushSmall, readSmall, startServe } from './served.js';

/** All files below a folder, by inode. */
async function filesIn(folder: string): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      found.set((await stat(path)).ino, path);
    }
  return found;
}

/** The digest of an image as its registry says. */
async function digestAt(image: string): Promise<string> {
  const raw = await must('skopeo', ['inspect', '--raw', '--tls-verify=false', image]);
  return digestOf(raw);
}

const importInto = (folder: string, root: string) =>
  json<ImportedRegistry>(['import', folder, '--root', root]);

describeWith(['docker-registry', 'skopeo'], 'the folder of docker-registry', () => {
  it('is imported with its digests, and no blob is copied', { timeout: 120_000 }, async () => {
    const data = await temporaryFolder();
    const from = await startRegistry({ data });
    const digests = new Map<string, string>();
    for (const [name, tag] of [
      ['team/app', '1'],
      ['team/app', '2'],
      ['a/b/c', 'latest'],
    ] as const)
      digests.set(`${name} ${tag}`, await pushSmall(`http://${from}`, name, tag));
    const { path, digest } = await archive(['amd64', 'arm64']);
    await must('skopeo', [
      'copy',
      '--all',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci-archive:${path}`,
      `docker://${from}/multi:1`,
    ]);

    const refused = await stowage(['serve', '--root', data]);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('this is a folder of docker-registry');
    expect(refused.stderr).toContain('stowage import');

    const root = join(await temporaryFolder(), 'new');
    const imported = await importInto(data, root);
    expect(imported).toMatchObject({ repositories: 3, tags: 4, copied: 0, skipped: [] });
    expect(imported.linked).toBeGreaterThan(3);
    const originals = await filesIn(join(data, 'docker'));
    const blobs = [...(await filesIn(join(root, 'blobs'))).keys()];
    // Manifests are written anew; they are small.
    expect(blobs.filter((inode) => originals.has(inode))).toHaveLength(imported.linked);

    const { url, host } = await startServe(['--root', root]);
    for (const [image, expected] of digests) {
      const [name = '', tag = ''] = image.split(' ');
      expect(await readSmall(url, name, tag)).toBe(expected);
    }
    expect(await digestAt(`docker://${host}/multi:1`)).toBe(digest);
    expect(await importInto(data, root)).toMatchObject({ linked: 0, copied: 0, tags: 4 });
    expect(await json(['gc', '--root', root, '--grace', '0s'])).toMatchObject({ blobs: [] });
    expect(await json(['scrub', '--root', root])).toMatchObject({ damaged: [] });
  });

  it('is imported without what is damaged, which is named', async () => {
    const data = await temporaryFolder();
    const from = await startRegistry({ data });
    const good = await pushSmall(`http://${from}`, 'good', '1');
    const bad = await pushSmall(`http://${from}`, 'bad', '1');
    for (const file of (await filesIn(join(data, 'docker/registry/v2/blobs'))).values()) {
      const bytes = await readFile(file);
      if (bytes.includes('a layer of bad:1')) await writeFile(file, bytes.fill('x', 0, 1));
    }
    const root = join(await temporaryFolder(), 'new');
    const { code, stdout } = await stowage(['import', data, '--root', root]);
    expect([code, stdout]).toEqual([
      4,
      expect.stringContaining(`bad@${bad}  skipped: the content has the digest`) as string,
    ]);
    const { url } = await startServe(['--root', root]);
    expect(await readSmall(url, 'good', '1')).toBe(good);
    await expect(readSmall(url, 'bad', '1')).rejects.toThrow('404');
  });
});

describeWith(['skopeo'], 'OCI layouts', () => {
  it('are imported: one, and several below a folder as zot keeps them', async () => {
    const { path, digest } = await archive();
    const folder = await temporaryFolder();
    const copy = (to: string) =>
      must('skopeo', ['copy', '--preserve-digests', `oci-archive:${path}`, `oci:${to}`]);
    await mkdir(join(folder, 'zot/team/app'), { recursive: true });
    await copy(`${join(folder, 'layout')}:1.0`);
    await copy(`${join(folder, 'zot/team/app')}:1.0`);
    await copy(`${join(folder, 'zot/tool')}:latest`);
    for (const [from, images] of [
      ['layout', ['layout:1.0']],
      ['zot', ['team/app:1.0', 'tool:latest']],
    ] as const) {
      const root = join(folder, `${from}-root`);
      const imported = await importInto(join(folder, from), root);
      expect(imported).toMatchObject({ repositories: images.length, copied: 0, skipped: [] });
      const { host, stop } = await startServe(['--root', root]);
      for (const image of images) expect(await digestAt(`docker://${host}/${image}`)).toBe(digest);
      await stop('SIGTERM');
    }
  });
});

describe('another folder', () => {
  it('is not imported', async () => {
    const { code, stderr } = await stowage([
      'import',
      await temporaryFolder(),
      '--root',
      await temporaryFolder(),
    ]);
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('neither the folder of docker-registry') as string,
    ]);
  });
});
