import { lstat, mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { PROGRAM, SCRIPT, CLI, must, run, stowage, temporaryFolder } from '../../run.js';
import { archive, digestOf, pushSmall, startServe } from '../../served.js';
import { pathsIn } from './raw.js';

const RECORDER = pathToFileURL(join(import.meta.dirname, '../../record-syncs.mjs')).href;
const IMAGE = 'example.com/team/app:1';

const modeOf = async (path: string) => ((await lstat(path)).mode & 0o777).toString(8);

async function expectPrivate(root: string): Promise<void> {
  for (const path of ['', ...(await pathsIn(root))].map((each) => join(root, each))) {
    const isFolder = (await lstat(path)).isDirectory();
    expect([path, await modeOf(path)]).toEqual([path, isFolder ? '700' : '600']);
  }
}

export function fileAttacks(): void {
  it.skipIf(process.platform === 'win32')(
    'leaves files in the registry and the cache that only their owner can read',
    async () => {
      const top = await temporaryFolder();
      const root = join(top, 'registry');
      const { url, host } = await startServe(['--root', root]);
      await pushSmall(url, 'team/app', '1');
      await fetch(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' });
      await expectPrivate(root);
      const cache = join(top, 'cache');
      const { path } = await archive();
      const env = { STOWAGE_CACHE_DIR: cache };
      const pushed = await stowage(['push', path, '--to', host], { env });
      expect(pushed.code, pushed.stderr).toBe(0);
      const pulled = await stowage(['pull', `${host}/team/app:1`, '-o', join(top, 'app.tar')], {
        env,
      });
      expect(pulled.code, pulled.stderr).toBe(0);
      await expectPrivate(cache);
      // The mode of an archive is left to the user's umask.
      expect(await modeOf(join(top, 'app.tar'))).toBe((0o666 & ~process.umask()).toString(8));
    },
  );

  it('cannot make the registry follow a symbolic link among its files', async () => {
    const top = await temporaryFolder();
    const root = join(top, 'registry');
    await writeFile(join(top, 'secret'), 'the secret');
    const { url } = await startServe(['--root', root]);
    await pushSmall(url, 'a', '1');
    const hex = digestOf('planted').slice('sha256:'.length);
    await symlink(join(top, 'secret'), join(root, 'blobs/sha256', hex));
    await writeFile(join(root, 'repositories/a/_blobs', `sha256-${hex}`), '');
    await symlink(join(top, 'secret'), join(root, 'repositories/a/_tags/planted'));
    await mkdir(join(top, 'elsewhere/_uploads'), { recursive: true });
    const precious = join(top, 'elsewhere/_uploads/precious');
    await writeFile(precious, '');
    await utimes(precious, new Date(0), new Date(0));
    await symlink(join(top, 'elsewhere'), join(root, 'repositories/linked'));
    for (const path of [`a/blobs/sha256:${hex}`, 'a/manifests/planted']) {
      const answer = await fetch(`${url}/v2/${path}`).then(
        (found) => found.text(),
        () => '',
      );
      expect(answer).not.toContain('secret');
    }
    expect(await (await fetch(`${url}/v2/a/tags/list`)).json()).toEqual({ name: 'a', tags: ['1'] });
    const begun = await fetch(`${url}/v2/linked/blobs/uploads/`, { method: 'POST' });
    expect(begun.status).toBe(500);
    const { code, stderr } = await stowage(['gc', '--root', root]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('symbolic link')]);
    expect(await pathsIn(join(top, 'elsewhere'))).toEqual(['_uploads', '_uploads/precious']);
  });

  it.skipIf(process.platform !== 'linux')(
    'loses no new folder of a layout in a power cut',
    async () => {
      const top = await temporaryFolder();
      const { path } = await archive();
      const log = join(top, 'syncs');
      const env = { STOWAGE_TEST_SYNCS: log };
      const layout = join(top, 'a/b/layout');
      const copied = await run(
        process.execPath,
        ['--import', RECORDER, CLI, 'copy', path, `oci:${layout}`, '--as', IMAGE],
        { env },
      );
      expect(copied.code, copied.stderr).toBe(0);
      const durable = new Map<string, readonly string[]>();
      for (const line of (await readFile(log, 'utf8')).trim().split('\n')) {
        const synced = JSON.parse(line) as { path: string; entries: string[] };
        durable.set(synced.path, synced.entries);
      }
      const names = [
        'a',
        'a/b',
        'a/b/layout',
        ...(await pathsIn(layout)).map((each) => `a/b/layout/${each}`),
      ];
      expect(
        names.filter((name) => /^a\/b\/layout\/blobs\/sha256\/./.test(name)).length,
      ).toBeGreaterThan(1);
      for (const name of names) {
        const at = join(top, name);
        expect(durable.get(join(at, '..')), name).toContain(at.slice(join(at, '..').length + 1));
      }
      await must(PROGRAM, [...SCRIPT, 'verify', `oci:${layout}`]);
    },
  );
}
