import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { surroundingsOf } from '../../surroundings.js';
import { storedCredentials } from './credentials.js';
import { eraseLogins, storeLogin } from './stored-logins.js';

const HOST = 'registry.example.com:5000';
const LOGIN = { username: 'ada', password: 'a:b"ü' };
const auth = Buffer.from('ada:a:b"ü').toString('base64');

/** A home folder with files of docker and podman. @returns it, with the place of each file */
async function homeWith(files: Readonly<Record<string, unknown>> = {}) {
  const home = await temporaryFolder();
  const paths = {
    docker: join(home, '.docker/config.json'),
    podman: join(home, '.config/containers/auth.json'),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = paths[name as keyof typeof paths];
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(content), { mode: 0o644 });
  }
  const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: join(home, 'run') };
  const surroundings = surroundingsOf({ env, home });
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));
  return { home, surroundings, read, ...paths };
}

it('creates a private config of docker, which is read again', async () => {
  const { surroundings, docker, read } = await homeWith();
  expect(await storeLogin(HOST, LOGIN, { surroundings })).toEqual({ file: docker, helper: null });
  expect(await read(docker)).toEqual({ auths: { [HOST]: { auth } } });
  expect((await stat(docker)).mode & 0o777).toBe(0o600);
  expect(await readdir(dirname(docker))).toEqual(['config.json']);
  expect(await storedCredentials(surroundings)(HOST, 'a')).toEqual(LOGIN);
  expect(await eraseLogins(HOST, { surroundings })).toEqual([{ file: docker, helper: null }]);
  expect(await read(docker)).toEqual({ auths: {} });
  expect(await eraseLogins(HOST, { surroundings })).toEqual([]);
});

it('an empty variable counts as unset', async () => {
  const { surroundings, docker } = await homeWith();
  const env = { ...surroundings.env, DOCKER_CONFIG: '', XDG_CONFIG_HOME: '' };
  const options = { surroundings: { ...surroundings, env } };
  expect(await storeLogin(HOST, LOGIN, options)).toMatchObject({ file: docker });
});

it('keeps everything else, and replaces an older login under any spelling', async () => {
  const { surroundings, docker, read } = await homeWith({
    docker: {
      currentContext: 'x',
      auths: {
        'other.example.com': { auth: 'b3RoZXI6eA==' },
        [`https://${HOST}/v1/`]: { auth: 'b2xkOng=', identitytoken: 'old', email: 'a@b' },
        [`${HOST}/team`]: { auth: 'dGVhbTp4' },
      },
      HttpHeaders: { a: 'b' },
    },
  });
  await storeLogin(HOST, LOGIN, { surroundings });
  expect(Object.keys((await read(docker)) as object)).toEqual([
    'currentContext',
    'auths',
    'HttpHeaders',
  ]);
  expect(await read(docker)).toMatchObject({
    auths: {
      'other.example.com': { auth: 'b3RoZXI6eA==' },
      [`https://${HOST}/v1/`]: { auth, email: 'a@b' },
      [`${HOST}/team`]: { auth: 'dGVhbTp4' },
    },
  });
  expect((await stat(docker)).mode & 0o777).toBe(0o600);
  expect(await storedCredentials(surroundings)(HOST, 'app')).toEqual(LOGIN);
  await eraseLogins(HOST, { surroundings });
  const { auths } = (await read(docker)) as { auths: object };
  expect(Object.keys(auths)).toEqual(['other.example.com', `${HOST}/team`]);
});

it('stores where an older login would come first: in the file of podman', async () => {
  const old = { auths: { [HOST]: { auth: 'b2xkOng=' } } };
  const { surroundings, docker, podman, read } = await homeWith({ docker: old, podman: old });
  expect(await storeLogin(HOST, LOGIN, { surroundings })).toMatchObject({ file: podman });
  expect(await read(docker)).toEqual(old);
  expect(await storedCredentials(surroundings)(HOST, 'a')).toEqual(LOGIN);
  expect(await eraseLogins(HOST, { surroundings })).toMatchObject([
    { file: podman },
    { file: docker },
  ]);
  expect(await storedCredentials(surroundings)(HOST, 'a')).toBeUndefined();
});

it('uses a given file, $REGISTRY_AUTH_FILE, and the key of docker for Docker Hub', async () => {
  const { home, surroundings, read } = await homeWith({ docker: {} });
  const [file, named] = [join(home, 'given.json'), join(home, 'named.json')];
  await storeLogin('docker.io', LOGIN, { surroundings, file });
  expect(await read(file)).toEqual({ auths: { 'https://index.docker.io/v1/': { auth } } });
  const env = { ...surroundings.env, REGISTRY_AUTH_FILE: named };
  await storeLogin(HOST, LOGIN, { surroundings: { ...surroundings, env } });
  expect(await read(named)).toEqual({ auths: { [HOST]: { auth } } });
});

it('follows a link to the file, and refuses what is no config', async () => {
  const { home, surroundings, docker, read } = await homeWith();
  const real = join(home, 'dotfiles.json');
  await mkdir(dirname(docker));
  await writeFile(real, '{}');
  await symlink(real, docker);
  await storeLogin(HOST, LOGIN, { surroundings });
  expect(await read(real)).toEqual({ auths: { [HOST]: { auth } } });
  await writeFile(real, 'secret');
  const refused = storeLogin(HOST, LOGIN, { surroundings });
  await expect(refused).rejects.toMatchObject({ code: 'USAGE' });
  await expect(refused).rejects.not.toThrow(/secret/);
  expect(await readFile(real, 'utf8')).toBe('secret');
});

it.runIf(process.platform !== 'win32')('uses the credential helper of the file', async () => {
  const { home, surroundings, docker, read } = await homeWith({ docker: { credsStore: 'test' } });
  const bin = join(home, 'bin');
  const kept = join(home, 'kept');
  await mkdir(bin);
  const program = join(bin, 'docker-credential-test');
  const script = [
    '#!/bin/sh',
    'input=$(cat)',
    `case $1 in`,
    `store) printf %s "$input" > ${kept};;`,
    `get) test -e ${kept} && cat ${kept} || { echo 'credentials not found'; exit 1; };;`,
    `erase) rm ${kept};;`,
    'esac',
  ];
  await writeFile(program, `${script.join('\n')}\n`);
  await chmod(program, 0o755);
  const env = { ...surroundings.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
  const options = { surroundings: { ...surroundings, env } };
  expect(await storeLogin(HOST, LOGIN, options)).toEqual({ file: docker, helper: 'test' });
  expect(await read(kept)).toEqual({ ServerURL: HOST, Username: 'ada', Secret: LOGIN.password });
  expect(await read(docker)).toEqual({ credsStore: 'test', auths: { [HOST]: {} } });
  expect(await storedCredentials(options.surroundings)(HOST, 'a')).toEqual(LOGIN);
  expect(await eraseLogins(HOST, options)).toEqual([{ file: docker, helper: 'test' }]);
  expect(await read(docker)).toEqual({ credsStore: 'test', auths: {} });
  await writeFile(program, '#!/bin/sh\nexit 2\n');
  await expect(storeLogin(HOST, LOGIN, options)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'docker-credential-test: could not store the login: exit code 2',
  });
});
