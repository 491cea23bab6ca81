import { chmod, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { listening } from '../../../../testing/listening.js';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { SshAgent, type SshTarget } from './docker-ssh.js';

/** A program `ssh` that notes its arguments and connects to an address, or fails with a message. */
async function sshThat(target: { readonly address?: string; readonly fails?: string }) {
  const folder = await temporaryFolder();
  const [host, port] = (target.address ?? '').split(':');
  const body =
    target.fails === undefined
      ? `const s=require('net').connect(${port},'${host}');process.stdin.pipe(s);s.pipe(process.stdout)`
      : `process.stderr.write(${JSON.stringify(target.fails)});process.exitCode=255`;
  const note = `require('fs').appendFileSync('${folder}/calls',JSON.stringify(process.argv.slice(2))+'\\n');`;
  await writeFile(join(folder, 'ssh'), `#!${process.execPath}\n${note}${body}\n`);
  await chmod(join(folder, 'ssh'), 0o755);
  vi.stubEnv('PATH', folder);
  const calls = async () =>
    (await readFile(join(folder, 'calls'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
  return { calls };
}

function ask(target: SshTarget) {
  const agent = new SshAgent(target);
  onTestFinished(() => agent.destroy());
  return (path = '/') =>
    new Promise<string>((resolve, reject) => {
      request({ agent, path, host: 'engine' }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
}

afterEach(() => void vi.unstubAllEnvs());

describe('an engine over SSH', () => {
  it('answers through the program ssh, on one connection for several requests', async () => {
    const address = await listening((message, response) => response.end(`got ${message.url}`));
    const { calls } = await sshThat({ address });
    const get = ask({ host: 'build.example' });
    expect(await get('/_ping')).toBe('got /_ping');
    expect(await get('/version')).toBe('got /version');
    expect(await calls()).toEqual([
      [
        ...['-o', 'ConnectTimeout=30', '-o', 'BatchMode=yes', '-T'],
        ...['--', 'build.example', 'docker', 'system', 'dial-stdio'],
      ],
    ]);
  });

  it('is reached with the user, port and socket that are given', async () => {
    const address = await listening((_, response) => response.end('here'));
    const { calls } = await sshThat({ address });
    const target = { host: 'h', user: 'ada', port: '2222', socket: '/run/x.sock' };
    expect(await ask(target)()).toBe('here');
    const [call = []] = await calls();
    expect(call.slice(0, 4)).toEqual(['-l', 'ada', '-p', '2222']);
    expect(call.slice(call.indexOf('--'))).toEqual([
      ...['--', 'h', 'docker', '--host', 'unix:///run/x.sock', 'system', 'dial-stdio'],
    ]);
  });

  it('that does not answer is UNAVAILABLE, with the words of ssh', async () => {
    await sshThat({ fails: 'Permission denied (publickey).' });
    await expect(ask({ host: 'build.example' })()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Permission denied (publickey).') as string,
    });
  });
});
