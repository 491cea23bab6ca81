import { createPrivateKey, createSign, X509Certificate } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CopiedImage, Inspection } from '@stowage/core';
import { expect, it, onTestFinished } from 'vitest';
import { startRegistry } from './distribution-server.js';
import { faultyProxy, type Fault } from './faulty-proxy.js';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';

const GOLDEN = join(import.meta.dirname, '../../packages/core/testing/golden');
const APP = join(GOLDEN, 'podman-oci.tar');
/** User ada with password secret, as bcrypt, which docker-registry requires. */
const HTPASSWD = 'ada:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

const copy = async (args: readonly string[], options?: Parameters<typeof stowage>[1]) =>
  (await json<{ results: CopiedImage[] }>(['copy', ...args], options)).results;

describeWith(['docker-registry', 'skopeo', 'openssl'], 'a registry', () => {
  it.each([
    'podman-oci.tar',
    'docker-20.tar',
    'docker-25.0-misordered.tar',
    'buildx-oci.tar',
    'nested-index.tar',
    'nerdctl-docker-types.tar',
    'crane.tar',
  ])('takes %s and gives it back, digest by digest', async (file) => {
    const cwd = await temporaryFolder();
    const name = `docker://${await startRegistry()}/team/app:v1`;
    const [sent] = await copy([join(GOLDEN, file), name], { cwd });
    const theirs = await must('skopeo', ['inspect', '--tls-verify=false', '--raw', name]);
    const [back] = await copy([name, 'back.tar'], { cwd });
    expect(back?.digest).toBe(sent?.digest);
    const inspected = async (location: string) =>
      (await json<Inspection>(['inspect', location], { cwd })).images.map(
        ({ digest, layers, platforms }) => ({ digest, layers, platforms }),
      );
    expect(await inspected(name)).toEqual(await inspected('back.tar'));
    expect((await stowage(['verify', name, 'back.tar'], { cwd })).code).toBe(0);
    expect(theirs.length).toBeGreaterThan(100);
  });

  it('gets the referrers of an image, too, with the tag schema in place of the API', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const sent = await copy([join(GOLDEN, 'referrers.tar'), `docker://${host}/app:1`], { cwd });
    expect(sent).toHaveLength(3);
    const back = await copy([`docker://${host}/app:1`, 'back.tar'], { cwd });
    expect(back.map(({ digest }) => digest)).toEqual(sent.map(({ digest }) => digest));
  });

  it('that is not reachable is told apart from a missing repository', async () => {
    const cwd = await temporaryFolder();
    const host = await startRegistry();
    const absent = await stowage(['copy', `docker://${host}/none:1`, 'x.tar'], { cwd });
    expect([absent.code, absent.stderr]).toEqual([3, expect.stringContaining('/none')]);
    const dead = await stowage(['copy', 'docker://127.0.0.1:1/none:1', 'x.tar'], { cwd });
    expect([dead.code, dead.stderr]).toEqual([6, expect.stringContaining('127.0.0.1:1')]);
  });

  it('gets the credentials of docker login or of the flags', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'htpasswd'), HTPASSWD);
    const more = `auth: { htpasswd: { realm: test, path: ${cwd}/htpasswd } }`;
    const host = await startRegistry({ more });
    const name = `docker://${host}/app:1`;
    const nobody = { cwd, env: { HOME: cwd, DOCKER_CONFIG: join(cwd, 'none') } };
    const refused = await stowage(['copy', APP, name], nobody);
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('docker login')]);
    await mkdir(join(cwd, 'docker'));
    const auth = Buffer.from('ada:secret').toString('base64');
    await writeFile(
      join(cwd, 'docker/config.json'),
      JSON.stringify({ auths: { [host]: { auth } } }),
    );
    const env = { HOME: cwd, DOCKER_CONFIG: join(cwd, 'docker') };
    expect((await stowage(['copy', APP, name], { cwd, env })).code).toBe(0);
    const flags = ['--username', 'ada', '--password-stdin'];
    const given = await stowage(['inspect', name, ...flags], {
      ...nobody,
      input: Buffer.from('secret\n'),
    });
    expect(given.code, given.stderr).toBe(0);
    const wrong = await stowage(['inspect', name, ...flags], {
      ...nobody,
      input: Buffer.from('guess'),
    });
    expect(wrong.code).toBe(5);
    expect(wrong.stderr).not.toContain('guess');
    expect((await stowage(['inspect', name, '--username', 'ada'], nobody)).code).toBe(2);
    const said = {
      ...nobody.env,
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth } } }),
    };
    expect((await stowage(['inspect', name], { cwd, env: said })).code).toBe(0);
    // A registry may redirect reads to another host, which must not get its credentials.
    const elsewhere = await faultyProxy(host, () => false, {});
    const isBlobRead = ({ method, url }: IncomingMessage) => method === 'GET' && isBlob(url);
    const sent = await faultyProxy(host, isBlobRead, { redirect: elsewhere.host });
    const at = {
      ...nobody.env,
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [sent.host]: { auth } } }),
    };
    const away = await stowage(['inspect', `docker://${sent.host}/app:1`], { cwd, env: at });
    // The other host requires a password, too, and gets none.
    expect([away.code, sent.hits()]).toEqual([5, 1]);
    expect(elsewhere.requests.length).toBeGreaterThan(0);
    expect(new Set(elsewhere.authorizations)).toEqual(new Set([undefined]));
    expect(away.stderr).not.toContain(auth);
  });

  it('is trusted by its certificate', async () => {
    const cwd = await temporaryFolder();
    const { certificate, key } = await selfSigned(cwd);
    const host = await startRegistry({
      http: `, tls: { certificate: ${certificate}, key: ${key} }`,
    });
    const name = `docker://${host}/app:1`;
    const refused = await stowage(['copy', APP, name], { cwd });
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('--ca-file')]);
    for (const flag of [['--ca-file', certificate], ['--insecure-skip-tls-verify']])
      expect((await stowage(['copy', APP, name, ...flag], { cwd })).code).toBe(0);
    expect((await stowage(['inspect', name, '--ca-file', 'none.pem'], { cwd })).code).toBe(2);
    const certs = join(cwd, 'containers/certs.d', host);
    await mkdir(certs, { recursive: true });
    await copyFile(certificate, join(certs, 'ca.crt'));
    const env = { XDG_CONFIG_HOME: cwd };
    expect((await stowage(['inspect', name], { cwd, env })).code).toBe(0);
    // A registry that requires client certificates.
    const asking = await startRegistry({
      http: `, tls: { certificate: ${certificate}, key: ${key}, clientcas: [${certificate}] }`,
    });
    const closed = ['copy', APP, `docker://${asking}/app:1`, '--ca-file', certificate];
    expect((await stowage(closed, { cwd })).code).toBe(6);
    const shown = ['--client-cert', certificate, '--client-key', key];
    expect((await stowage([...closed, ...shown], { cwd })).code).toBe(0);
    expect((await stowage([...closed, '--client-cert', certificate], { cwd })).code).toBe(2);
  });

  it('gets tokens with only the scopes that are needed', async () => {
    const cwd = await temporaryFolder();
    const { certificate, key } = await selfSigned(cwd);
    const issuer = await startIssuer(certificate, key);
    const more = `auth: { token: { realm: '${issuer.realm}', service: test, issuer: issuer, rootcertbundle: ${certificate} } }`;
    const name = `docker://${await startRegistry({ more })}/team/app:1`;
    const env = { HOME: cwd };
    const flags = ['--username', 'ada', '--password-stdin'];
    const input = Buffer.from('secret');
    const sent = await stowage(['copy', APP, name, ...flags], { cwd, env, input });
    expect(sent.code, sent.stderr).toBe(0);
    expect((await stowage(['inspect', name, ...flags], { cwd, env, input })).code).toBe(0);
    expect(new Set(issuer.asked)).toEqual(
      new Set(['repository:team/app:pull,push', 'repository:team/app:pull']),
    );
    expect(new Set(issuer.users)).toEqual(new Set(['ada:secret']));
    // A token that has expired before its use is requested once more.
    const before = issuer.asked.length;
    issuer.expired = 1;
    expect((await stowage(['inspect', name, ...flags], { cwd, env, input })).code).toBe(0);
    expect(issuer.asked.length).toBe(before + 2);
  });
});

/** Faults of a registry or a proxy that affect one request. */
const FAULTS: readonly [string, (incoming: IncomingMessage) => boolean, Fault][] = [
  ['a download breaks off', ({ method, url }) => method === 'GET' && isBlob(url), { cutAfter: 60 }],
  ['a HEAD request is answered 503', ({ method }) => method === 'HEAD', { status: 503, wait: '0' }],
  ['a GET request is answered 429', ({ method }) => method === 'GET', { status: 429, wait: '1' }],
  [
    'an upload is answered 500',
    ({ method, url }) => method === 'PUT' && isBlob(url),
    { status: 500 },
  ],
  ['an upload breaks off', ({ method, url }) => method === 'PUT' && isBlob(url), { cutAfter: 0 }],
  [
    'a manifest is answered 502',
    ({ method, url }) => method === 'PUT' && !isBlob(url),
    { status: 502 },
  ],
];

describeWith(['docker-registry'], 'a registry that fails once', () => {
  it.each(FAULTS)('gets the request again when %s', async (_, isHit, fault) => {
    const cwd = await temporaryFolder();
    const { host, hits } = await faultyProxy(await startRegistry(), isHit, fault);
    const name = `docker://${host}/app:1`;
    const [sent] = await copy([APP, name], { cwd });
    const [back] = await copy([name, 'back.tar'], { cwd });
    expect(back?.digest).toBe(sent?.digest);
    expect((await stowage(['verify', 'back.tar'], { cwd })).code).toBe(0);
    expect(hits()).toBe(1);
  });

  it('that announces a blob as shorter than it is fails the download', async () => {
    const cwd = await temporaryFolder();
    const isHit = ({ method, url }: IncomingMessage) => method === 'GET' && isBlob(url);
    const { host } = await faultyProxy(await startRegistry(), isHit, { short: 5 });
    await copy([APP, `docker://${host}/app:1`], { cwd });
    const { code, stderr } = await stowage(['copy', `docker://${host}/app:1`, 'back.tar'], { cwd });
    expect([code, stderr]).toEqual([4, expect.stringMatching(/expected [0-9]+ bytes, got [0-9]+/)]);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('cannot send changed content', async () => {
    const cwd = await temporaryFolder();
    const isHit = ({ method, url }: IncomingMessage) => method === 'GET' && isBlob(url);
    const { host } = await faultyProxy(await startRegistry(), isHit, { flip: true });
    await copy([APP, `docker://${host}/app:1`], { cwd });
    const { code, stderr } = await stowage(['copy', `docker://${host}/app:1`, 'back.tar'], { cwd });
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/expected .*sha256|expected content/),
    ]);
    expect(await readdir(cwd)).toEqual([]);
  });
});

function isBlob(url = ''): boolean {
  return url.includes('/blobs/');
}

async function selfSigned(folder: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await must('openssl', [...request, ...subject, '-keyout', key, '-out', certificate]);
  return { certificate, key };
}

/** A token server that grants every requested scope and records the requests (distribution's token specification). */
async function startIssuer(certificate: string, key: string) {
  const issuer = { expired: 0 };
  const asked: string[] = [];
  const users: string[] = [];
  const x5c = [new X509Certificate(await readFile(certificate)).raw.toString('base64')];
  const privateKey = createPrivateKey(await readFile(key));
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const answer = ({ url = '', headers }: IncomingMessage) => {
    const scopes = new URL(url, 'http://127.0.0.1').searchParams.getAll('scope');
    asked.push(...scopes);
    users.push(
      Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString(),
    );
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'issuer',
      aud: 'test',
      sub: 'ada',
      jti: '1',
      iat: now,
      nbf: now - 5,
      exp: issuer.expired-- > 0 ? now - 120 : now + 60,
      access,
    };
    const signed = `${encoded({ typ: 'JWT', alg: 'RS256', x5c })}.${encoded(claims)}`;
    const signature = createSign('RSA-SHA256')
      .update(signed)
      .sign(privateKey)
      .toString('base64url');
    return JSON.stringify({ token: `${signed}.${signature}`, expires_in: 60 });
  };
  const server = createServer((incoming, outgoing) => void outgoing.end(answer(incoming)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return Object.assign(issuer, {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    users,
  });
}
