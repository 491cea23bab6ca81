import { expect, it } from 'vitest';
import { stowage } from '../run.js';
import { recording } from '../hostile-registry.js';

export function clientMessageAttacks(): void {
  it('that is a web site is reported as no registry', async () => {
    const site = await recording((response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
    );
    const { code, stderr } = await stowage(['inspect', `docker://${site.host}/a:1`]);
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(
        /the answer is not a manifest, but "text\/html"\n.*Is this a registry\?/,
      ),
    ]);
  });

  it.each([
    ['inspect', 'docker://localhost:99999999/a:1'],
    ['copy', 'docker://localhost:65536/a:1', 'x.tar'],
    ['push', 'x.tar', '--to', 'localhost:99999999'],
    ['serve', '--upstream', 'http://ada:secret@localhost:99999999'],
  ])('stowage %s %s: a port or an address that cannot be is a mistake of use', async (...args) => {
    const { code, stderr } = await stowage(args);
    expect([code, stderr]).toEqual([2, expect.not.stringMatching(/secret|\n\s+at /)]);
  });

  it('is not contacted when the proxy setting is not a URL', async () => {
    const env = { https_proxy: 'http://ada:secret@proxy.invalid:99999999', no_proxy: '' };
    const { code, stderr } = await stowage(['inspect', 'docker://far.invalid/a:1'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('https_proxy')]);
    expect(stderr).not.toMatch(/secret|\n\s+at /);
  });

  it('cannot fill an error message with thousands of names', async () => {
    const type = 'application/vnd.oci.image.index.v1+json';
    const child = (at: number) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${String(at).padStart(64, '0')}`,
      size: 1,
      platform: { os: 'linux', architecture: `arch${at}` },
    });
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      manifests: Array.from({ length: 10_000 }, (_, at) => child(at)),
    });
    const registry = await recording((response) =>
      response.writeHead(200, { 'content-type': type }).end(index),
    );
    const image = `docker://${registry.host}/a:1`;
    const args = ['load', image, '--engine', 'embedded', '--platform', 'linux/none'];
    const { code, stderr } = await stowage(args);
    expect(code).not.toBe(0);
    expect(stderr.length).toBeLessThan(10_000);
  });
}
