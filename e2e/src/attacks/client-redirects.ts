import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startServe } from '../served.js';
import { stowage, temporaryFolder } from '../run.js';
import { askBasic, CONFIG_DIGEST, recording, registryWith } from '../hostile-registry.js';

const BASIC = `Basic ${Buffer.from('ada:secret').toString('base64')}`;

/** An environment with credentials stored by docker login for a registry. */
const storedFor = (host: string) => ({
  DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth: BASIC.slice('Basic '.length) } } }),
});

/** A registry that requires a login, and redirects reads to another host that requires one, too. */
async function startRedirecting(challenge: (host: string) => string) {
  const other = await recording((response, { headers }) =>
    response.writeHead(401, { 'www-authenticate': challenge(headers.host ?? '') }).end(),
  );
  const content = registryWith((response) =>
    response.writeHead(307, { location: `http://eve:hidden@${other.host}/blob` }).end(),
  );
  const registry = await recording((response, request) =>
    request.headers.authorization === BASIC ? content(response, request) : askBasic(response),
  );
  return { registry, other };
}

export function clientRedirectAttacks(): void {
  it.each([
    ['a password', () => 'Basic realm="x"'],
    ['a token', (host: string) => `Bearer realm="http://${host}/token",service="x"`],
  ])('that redirects to a host that asks for %s gets no credentials there', async (_, asks) => {
    const { registry, other } = await startRedirecting(asks);
    const target = join(await temporaryFolder(), 'x.tar');
    const { code, stderr } = await stowage(['copy', `docker://${registry.host}/a:1`, target], {
      env: storedFor(registry.host),
    });
    expect(code).toBe(5);
    expect(stderr).toContain('were not sent');
    expect(stderr).not.toMatch(/secret|hidden/);
    expect([new Set(registry.credentials), other.credentials]).toEqual([new Set([BASIC]), []]);
    expect(new Set(other.requests)).toEqual(new Set(['GET /blob']));
  });

  it('that redirects gets no credentials there from a mirror either', async () => {
    const { registry, other } = await startRedirecting(
      (host) => `Bearer realm="http://${host}/token"`,
    );
    vi.stubEnv('DOCKER_AUTH_CONFIG', storedFor(registry.host).DOCKER_AUTH_CONFIG);
    onTestFinished(() => void vi.unstubAllEnvs());
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root, '--upstream', `http://${registry.host}`]);
    expect((await fetch(`${url}/v2/a/manifests/1`)).status).toBe(200);
    expect((await fetch(`${url}/v2/a/blobs/${CONFIG_DIGEST}`)).status).toBeGreaterThanOrEqual(400);
    expect([other.credentials, new Set(other.requests)]).toEqual([[], new Set(['GET /blob'])]);
  });

  it('that redirects a request for a token gets no credentials elsewhere', async () => {
    const other = await recording((response) => response.end('{"token":"t"}'));
    const registry = await recording((response, { url = '' }) => {
      const { host = '' } = response.req.headers;
      if (url.startsWith('/token'))
        response.writeHead(307, { location: `http://${other.host}/` }).end();
      else
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` })
          .end();
    });
    const { code, stderr } = await stowage(['inspect', `docker://${registry.host}/a:1`], {
      env: storedFor(registry.host),
    });
    expect([code, other.requests]).toEqual([6, []]);
    expect(stderr).toContain('redirect');
  });

  it('cannot redirect --insecure-skip-tls-verify to another host, nor https to http', async () => {
    const other = await recording((response) => response.end(), { isTls: true });
    const plain = await recording((response) => response.end());
    let location = `https://${other.host}/`;
    const redirect = registryWith((response) => response.writeHead(307, { location }).end());
    const registry = await recording(redirect, { isTls: true });
    const pull = async () =>
      stowage([
        ...['copy', `docker://${registry.host}/a:1`, join(await temporaryFolder(), 'x.tar')],
        '--insecure-skip-tls-verify',
      ]);
    const unverified = await pull();
    expect([unverified.code, other.requests]).toEqual([6, []]);
    expect(unverified.stderr).toContain(`${other.host}: self-signed certificate`);
    location = `http://${plain.host}/`;
    const downgraded = await pull();
    expect([downgraded.code, plain.requests]).toEqual([6, []]);
    expect(downgraded.stderr).toContain('expected a URL of https');
  });

  it.each([
    ['file:///etc/passwd', 'file:///etc/passwd'],
    ['http://eve:hidden@127.0.0.1:99999999/', 'no valid URL'],
  ])('that redirects to %s is told off in one sentence', async (location, shown) => {
    const registry = await recording((response) => response.writeHead(302, { location }).end());
    const { code, stderr } = await stowage(['inspect', `docker://${registry.host}/a:1`]);
    expect(code).toBe(6);
    expect(stderr).toContain(shown);
    expect(stderr).not.toMatch(/hidden|\n\s+at /);
  });
}
