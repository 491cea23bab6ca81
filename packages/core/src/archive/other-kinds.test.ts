import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { readAll } from '../transfer/verified.js';
import { openArchive } from './open-archive.js';
import { packTar } from './tar/pack-tar.js';

const tar = async (...names: string[]): Promise<Uint8Array> =>
  readAll(packTar(names.map((name) => ({ name, size: 2, open: () => [Buffer.from('[]')] }))));

it.each<[string, () => Promise<Uint8Array>, RegExp, RegExp]>([
  [
    'a mindthegap image bundle',
    () => tar('docker/registry/v2/blobs/x', 'images.yaml'),
    /a mindthegap bundle/,
    /mindthegap push bundle/,
  ],
  [
    'a mindthegap bundle with a manifest.json',
    () => tar('manifest.json', 'docker/registry/v2/x', 'charts.yaml'),
    /a mindthegap bundle/,
    /mindthegap/,
  ],
  [
    'the output of docker export',
    () => tar('.dockerenv', 'bin/sh'),
    /container's file system/,
    /docker import/,
  ],
  [
    'a root file system',
    () => tar('etc/passwd', 'usr/bin/env'),
    /container's file system/,
    /docker import/,
  ],
  [
    'a root file system with links out of it',
    () =>
      readAll(
        packTar([
          { name: './dev/fd', size: 0, type: 'symlink', linkname: '/proc/self/fd', open: () => [] },
          { name: './etc/passwd', size: 0, open: () => [] },
          { name: './bin/busybox', size: 0, open: () => [] },
        ]),
      ),
    /container's file system/,
    /docker import/,
  ],
  ['a Helm chart', () => tar('app/Chart.yaml', 'app/values.yaml'), /a Helm chart/, /helm push/],
  [
    'an archive of a Docker before 1.10',
    () =>
      tar(
        'repositories',
        ...['VERSION', 'json', 'layer.tar'].map((name) => `${'a'.repeat(64)}/${name}`),
      ),
    /a Docker before 1\.10/,
    /docker load.*docker save/,
  ],
  ['a tar of something else', () => tar('a', 'b'), /a tar of "a", "b"/, /docker save/],
  [
    'a compressed tar of something else',
    async () => gzipSync(await tar('a')),
    /a tar of "a"/,
    /docker save/,
  ],
  [
    'the record of an archive',
    async () => Buffer.from('{\n  "name": "x",\n  "diffIds": []\n}\n'),
    /the record of an archive/,
    /the \.tar beside it/,
  ],
  ['a catalog', async () => Buffer.from('# index\nimages: []\n'), /a catalog/, /`list\(\)` lists/],
  [
    'an image definition',
    async () => Buffer.from('project: app\n'),
    /a definition/,
    /`build\(\)` builds/,
  ],
  ['a zip', async () => Buffer.from('PK\u0003\u0004xxxx'), /a zip file/, /Unpack/],
])('recognizes %s and says what to do with it', async (_what, content, message, hint) => {
  const path = join(await temporaryFolder(), 'x.tar');
  await writeFile(path, await content());
  const opening = openArchive(path);
  await expect(opening).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
});
