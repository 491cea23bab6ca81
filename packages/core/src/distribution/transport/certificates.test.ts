import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../testing/self-signed.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { registryTls, type CertificateOptions } from './certificates.js';

async function tlsWith(
  options: CertificateOptions,
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
) {
  const home = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(home, path, '..'), { recursive: true });
    await writeFile(join(home, path), text);
  }
  return registryTls('r.example:5000', options, { env, home });
}

describe('the TLS settings of a registry', () => {
  it('verify, and are the same elsewhere without a client certificate', async () => {
    const { own, elsewhere } = await tlsWith({});
    expect(own).not.toHaveProperty('rejectUnauthorized');
    expect(own.secureContext).toBe(elsewhere.secureContext);
  });

  it('do not verify the registry where asked, and always verify elsewhere', async () => {
    const { own, elsewhere } = await tlsWith({ insecureSkipTlsVerify: true });
    expect(own.rejectUnauthorized).toBe(false);
    expect(elsewhere).not.toHaveProperty('rejectUnauthorized');
  });

  it('have the client certificate given, which is not sent elsewhere', async () => {
    const { certFile, keyFile } = await selfSigned();
    const { own, elsewhere } = await tlsWith({
      clientCert: certFile,
      clientKey: keyFile,
      caFile: certFile,
    });
    expect(own.secureContext).not.toBe(elsewhere.secureContext);
  });

  it.each(['.docker/certs.d', '.config/containers/certs.d'])(
    'have the certificates of %s',
    async (folder) => {
      const { cert, key } = await selfSigned();
      const at = `${folder}/r.example:5000`;
      const files = { [`${at}/ca.crt`]: cert, [`${at}/c.cert`]: cert, [`${at}/c.key`]: key };
      const { own, elsewhere } = await tlsWith({}, files);
      expect(own.secureContext).not.toBe(elsewhere.secureContext);
      await expect(tlsWith({}, { [`${at}/c.cert`]: cert })).rejects.toMatchObject({
        code: 'USAGE',
      });
    },
  );

  it.each<[string, CertificateOptions]>([
    ['a certificate without a key', { clientCert: 'x' }],
    ['a key without a certificate', { clientKey: 'x' }],
    ['a file that does not exist', { caFile: '/none/ca.pem' }],
  ])('with %s are USAGE', async (_what, options) => {
    await expect(tlsWith(options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('with a file of something else are USAGE', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'x.pem');
    await writeFile(path, 'hello');
    const options = { clientCert: path, clientKey: path };
    await expect(tlsWith(options)).rejects.toMatchObject({ code: 'USAGE', location: path });
  });
});
