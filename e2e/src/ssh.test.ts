import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  ArchiveWriter,
  copy,
  writeAtomically,
  type EngineListing,
  type LoadResult,
} from '@stowage/core';
import { expect, inject, it, onTestFinished } from 'vitest';
import { storeWith } from '../../packages/core/testing/image.js';
import { freePort } from './distribution-server.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, temporaryFolder } from './run.js';

const NAME = 'example.com/stowage-ssh/image:1';

describeWith(
  [...DOCKER, 'docker', 'ssh', 'sshd'],
  'a Docker Engine behind ssh',
  () => {
    it('is reached for load, ls and rm with the settings of ssh', async () => {
      const { host, env } = await login({ known: true });
      const path = join(await temporaryFolder(), 'image.tar');
      const content = await storeWith(NAME, { bytes: 3_000_000 });
      await using sink = new ArchiveWriter(path, (archive) => writeAtomically(path, archive));
      await copy(content, undefined, sink);
      await sink.commit();
      const flags = ['--engine', 'docker', '--host', host];
      const load = () => json<{ results: LoadResult[] }>(['load', path, ...flags], { env });
      expect(await load()).toMatchObject({ results: [{ action: 'loaded' }] });
      expect(await load()).toMatchObject({ results: [{ action: 'skipped', bytesSent: 0 }] });
      const listing = await json<EngineListing>(['ls', ...flags], { env });
      expect(listing.engine).toBe(`docker-daemon:${host}`);
      expect(listing.images.flatMap(({ references }) => references)).toContain(NAME);
      await must('docker', ['image', 'rm', NAME], { env: { DOCKER_HOST: inject('dockerHost') } });
    });

    it('is not contacted when ssh does not know the host key', async () => {
      const { host, env } = await login({ known: false });
      const answer = await json(['ls', '--engine', 'docker', '--host', host], { env });
      expect(answer).toMatchObject({ error: { code: 'UNAVAILABLE' } });
      expect(JSON.stringify(answer)).toContain('Host key verification failed');
    });
  },
  { root: true },
);

/** Starts an sshd on this machine. @returns an environment whose `ssh` can log in to it */
async function login({ known }: { known: boolean }) {
  const folder = await temporaryFolder();
  const file = (name: string) => join(folder, name);
  for (const key of ['host', 'user'])
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  await copyFile(file('user.pub'), file('authorized'));
  const port = await freePort();
  // Debian's sshd needs this folder for privilege separation.
  await mkdir('/run/sshd', { recursive: true });
  await writeFile(
    file('sshd_config'),
    `ListenAddress 127.0.0.1
Port ${port}
HostKey ${file('host')}
AuthorizedKeysFile ${file('authorized')}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
`,
  );
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')]);
  let log = '';
  const listening = new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('listening')) resolve();
    });
    server.on('error', reject).on('close', () => reject(new Error(`sshd did not start:\n${log}`)));
  });
  onTestFinished(() => void server.kill());
  await listening;
  const { username } = userInfo();
  const hosts = file('known_hosts');
  await writeFile(hosts, known ? await must('ssh-keyscan', ['-p', `${port}`, '127.0.0.1']) : '');
  const settings = `UserKnownHostsFile ${hosts}\nIdentityFile ${file('user')}\nIdentitiesOnly yes\n`;
  await writeFile(file('ssh_config'), settings);
  // ssh finds its settings by the user's home folder in passwd, not by HOME.
  await writeFile(file('ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${file('ssh_config')}' "$@"\n`);
  await chmod(file('ssh'), 0o755);
  const socket = inject('dockerHost').replace('unix://', '');
  return {
    host: `ssh://${username}@127.0.0.1:${port}${socket}`,
    env: { PATH: `${folder}${delimiter}${process.env['PATH']}` },
  };
}
