import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mountTmpfs } from './file-system.js';
import { describeWith } from './peers.js';
import { must, stowage, temporaryFolder } from './run.js';
import { digestOf, pushSmall, readSmall, startServe } from './served.js';

/** A bcrypt hash of the password `p`. */
const HASH = '$2b$04$J8iZ0mE5z2l1OoKqH2uyeemYyXT0P8LzFgnF9ovWEW0ZlMwwn5gxK';

describe('a registry that runs as a service', () => {
  it('refuses a root that it cannot write, and prints no URL', async () => {
    const { code, stdout, stderr } = await stowage(['serve', '--root', '/proc/nothing/registry']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('this user cannot write to the folder');
    expect(stderr).toContain('--read-only');
  });

  it('is ended by SIGTERM, also when its storage does not answer any more', async () => {
    const users = join(await temporaryFolder(), 'users');
    await writeFile(users, `ada:${HASH}\n`);
    const { url, stop, said } = await startServe([
      '--root',
      await temporaryFolder(),
      '--htpasswd',
      users,
    ]);
    // Opening a pipe waits for a writer, as a network file system that is gone lets its readers wait.
    execFileSync('mkfifo', [`${users}.pipe`]);
    await rename(`${users}.pipe`, users);
    const authorization = `Basic ${Buffer.from('ada:p').toString('base64')}`;
    const asking = fetch(`${url}/v2/`, { headers: { authorization } }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const start = performance.now();
    await stop('SIGTERM');
    await asking;
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(said()).toContain('did not answer for 10 s');
  });
});

describe('a registry with a settings file', () => {
  it('reads users and rules again at SIGHUP, and goes on when they are wrong', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'serve.yaml');
    const settings = (rule: string) =>
      writeFile(
        file,
        `serve:\n  root: content\n  htpasswd: users\n  allow: ['${rule}']\n  log: json\n`,
      );
    const password = (user: string) =>
      stowage(['htpasswd', join(folder, 'users'), user], { input: Buffer.from('secret\n') });
    expect((await password('ada')).stdout).toBe(`${join(folder, 'users')}: added ada\n`);
    await settings('ada:read:*');
    const { url, hangUpSignal, said, stop } = await startServe(['--config', file], {
      logs: true,
    });
    const push = async (user: string) => {
      const authorization = `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`;
      const target = `${url}/v2/team/a/blobs/uploads/`;
      return (await fetch(target, { method: 'POST', headers: { authorization } })).status;
    };
    expect([await push('ada'), await push('bob')]).toEqual([403, 401]);
    await password('bob');
    await settings('bob:write:team/*');
    hangUpSignal();
    await expect.poll(said).toContain('reloaded users, rules, certificates, limits and retention');
    expect([await push('ada'), await push('bob')]).toEqual([403, 202]);
    await settings('carol:write:*');
    hangUpSignal();
    await expect.poll(said).toContain('has no user carol');
    await writeFile(file, 'serve: { listn: x }');
    hangUpSignal();
    await expect.poll(said).toContain('listn');
    expect(await push('bob')).toBe(403);
    const logged = said()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      user: 'ada',
      repository: 'team/a',
      status: 403,
    });
    await stop('SIGTERM');
  });
});

it('reads limits and retention again at SIGHUP', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'serve.yaml');
  const settings = (more: string) =>
    writeFile(file, `serve:\n  root: content\n  anonymous: write\n${more}`);
  await settings('');
  const { url, hangUpSignal, said } = await startServe(['--config', file], { logs: true });
  await pushSmall(url, 'team-a/app', '1');
  await settings(
    "  max_used_below: { team-a: 1B }\n  prune: { every: 7d, unused_for: 30d, keep: ['base-*'] }\n",
  );
  hangUpSignal();
  await expect.poll(said).toContain('reloaded users, rules, certificates, limits and retention');
  await expect.poll(said).toMatch(/prune: would delete nothing now; the next deletion is at 20/);
  await expect(pushSmall(url, 'team-a/app', '2')).rejects.toThrow('team-a/app');
  await pushSmall(url, 'team-b/app', '1');
  await settings('  max_used: 1MB\n');
  hangUpSignal();
  await expect.poll(() => said().match(/reloaded/g)).toHaveLength(2);
  await pushSmall(url, 'team-a/app', '2');
  // A wrong limit changes nothing.
  await settings('  max_used: 1B\n  prune: { unused_for: often }\n');
  hangUpSignal();
  await expect.poll(said).toContain('often');
  await pushSmall(url, 'team-a/app', '3');
});

describe('the folder of a registry that runs', () => {
  it('can be copied: repositories first, then blobs', async () => {
    const [root, backup] = [await temporaryFolder(), await temporaryFolder()];
    const { url, stop } = await startServe(['--root', root]);
    let isCopied = false;
    let pushed = 0;
    const push = async () => {
      for (; !isCopied; pushed++) await pushSmall(url, `team${pushed % 3}/app`, `${pushed}`);
    };
    const pushing = push();
    // In the middle of the pushes.
    while (pushed < 5) await new Promise((resolve) => setTimeout(resolve, 20));
    const without = '--exclude=_uploads --exclude=_trash';
    for (const folder of ['repositories', 'blobs']) {
      const command = `tar -C ${root} ${without} -cf - ${folder} | tar -C ${backup} -xf -`;
      await must('bash', ['-c', command]);
    }
    isCopied = true;
    await pushing;
    await stop('SIGTERM');
    const copy = await startServe(['--root', backup]);
    const names = (await (await fetch(`${copy.url}/v2/_catalog`)).json()) as {
      repositories: string[];
    };
    expect(names.repositories.length).toBeGreaterThan(0);
    for (const name of names.repositories) {
      const { tags } = (await (await fetch(`${copy.url}/v2/${name}/tags/list`)).json()) as {
        tags: string[];
      };
      for (const tag of tags) await readSmall(copy.url, name, tag);
    }
  });
});

describe('a registry that is full', () => {
  it('says so at once, and keeps nothing of the push', { timeout: 120_000 }, async () => {
    const root = await temporaryFolder();
    const { url, host } = await startServe(['--root', root, '--max-used', '60MB']);
    const path = await archiveOf(randomBytes(100_000_000));
    const start = performance.now();
    const { code, stderr } = await stowage(['push', path, '--to', host]);
    const seconds = (performance.now() - start) / 1000;
    expect([code, stderr]).toEqual([
      7,
      expect.stringContaining(`${host}: registry is full (its limit is 60 MB)`) as string,
    ]);
    expect(stderr.match(/NO_SPACE|registry is full/g)).toHaveLength(1);
    expect(seconds).toBeLessThan(30);
    const left = (await readdir(root, { recursive: true })).filter((name) =>
      name.includes('_uploads/'),
    );
    expect(left).toEqual([]);
    await pushSmall(url, 'a', '1');
  });

  it('is not filled further by small pushes', { timeout: 120_000 }, async () => {
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root, '--max-used', '2MB']);
    let pushed = 0;
    const push = async () => {
      for (; pushed < 1000; pushed++) await pushSmall(url, `a${pushed}`, '1');
    };
    await expect(push()).rejects.toThrow('507');
    expect(pushed).toBeGreaterThan(5);
    const blocks = Number((await must('du', ['-s', '--block-size=1', root])).split('\t')[0]);
    // The last push was admitted below the limit: one manifest and its links may be above it.
    expect(blocks).toBeLessThan(2 * 2 ** 20 + 64 * 1024);
    await stowage(['gc', '--root', root, '--uploads-older', '0s', '--grace', '0s']);
  });
});

describeWith(
  ['mount'],
  'a registry on a full disk',
  () => {
    it('starts, serves, and says so at /healthz', async () => {
      const folder = join(await temporaryFolder(), 'disk');
      await mountTmpfs(folder, 'size=4m');
      const root = join(folder, 'root');
      const first = await startServe(['--root', root]);
      expect(await (await fetch(`${first.url}/healthz`)).text()).toBe('ok\n');
      const digest = await pushSmall(first.url, 'a', '1');
      await first.stop('SIGTERM');
      await writeFile(join(folder, 'filler'), Buffer.alloc(4 * 2 ** 20)).catch(() => undefined);
      const { url, said, stop } = await startServe(['--root', root], { logs: true });
      const health = await fetch(`${url}/healthz`);
      expect([health.status, await health.text()]).toEqual([503, 'storage: no space left\n']);
      expect(said()).toContain('no space is left, so pushes fail');
      expect(await readSmall(url, 'a', '1')).toBe(digest);
      await stop('SIGTERM');
    });
  },
  { root: true },
);

/** A docker-archive with one layer of one file. */
async function archiveOf(content: Buffer): Promise<string> {
  const folder = await temporaryFolder();
  const write = (name: string, bytes: Buffer | string) => writeFile(join(folder, name), bytes);
  const tar = (...args: readonly string[]) => must('tar', ['-C', folder, '-cf', ...args]);
  await write('content', content);
  await tar(join(folder, 'layer.tar'), 'content');
  const layer = digestOf(await readFile(join(folder, 'layer.tar')));
  const rootfs = { type: 'layers', diff_ids: [layer] };
  await write('config.json', JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs }));
  const image = { Config: 'config.json', RepoTags: ['big:1'], Layers: ['layer.tar'] };
  await write('manifest.json', JSON.stringify([image]));
  const path = join(folder, 'big.tar');
  await tar(path, 'manifest.json', 'config.json', 'layer.tar');
  return path;
}
