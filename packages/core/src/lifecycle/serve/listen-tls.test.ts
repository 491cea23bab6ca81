import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { listen } from './listen.js';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

it.skipIf(!hasOpenssl)(
  'accepts only TLS 1.2 and 1.3 ciphers with forward secrecy (needs openssl for a certificate)',
  async () => {
    const folder = await temporaryFolder();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-keyout', key, '-out', cert],
    ]);
    const listening = await listen((_, response) => response.end(), {
      host: '127.0.0.1',
      port: 0,
      tls: { cert, key },
    });
    onTestFinished(() => listening[Symbol.asyncDispose]());
    const port = Number(new URL(listening.url).port);
    const cipherWith = (options: tls.ConnectionOptions) =>
      new Promise<string>((resolve) => {
        const all = { host: '127.0.0.1', port, rejectUnauthorized: false, ...options };
        const socket = tls.connect(all, () => {
          resolve(socket.getCipher().name);
          socket.destroy();
        });
        socket.on('error', () => resolve('none'));
      });
    expect(await cipherWith({})).toMatch(/^TLS_/);
    expect(await cipherWith({ maxVersion: 'TLSv1.2' })).toMatch(/^ECDHE-/);
    for (const ciphers of ['AES128-GCM-SHA256', 'AES256-SHA', 'DHE-RSA-AES128-GCM-SHA256'])
      expect(await cipherWith({ maxVersion: 'TLSv1.2', ciphers })).toBe('none');
    for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const)
      expect(await cipherWith({ minVersion: 'TLSv1', maxVersion, ciphers: 'ALL@SECLEVEL=0' })).toBe(
        'none',
      );
  },
);
