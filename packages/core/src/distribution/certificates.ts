import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { ImageError, systemCode } from '../errors.js';

/** TLS settings for a registry: trusted CAs and client certificate. */
export interface CertificateOptions {
  /** File of CA certificates (PEM) that are trusted besides those of the system. */
  readonly caFile?: string | undefined;
  /** Client certificate and key (PEM files); give both or neither. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** Where Debian, Fedora, SUSE and Alpine keep what they believe. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Whom to believe, and what to show, where a registry speaks TLS: the certificates of the system (`$SSL_CERT_FILE`),
 * of docker's and podman's `certs.d/HOST` (`*.crt` are believed, `NAME.cert` with `NAME.key` is shown), and what
 * flags say.
 *
 * @throws ImageError USAGE (no such file, or no certificate)
 */
export async function secureContextFor(
  host: string,
  { caFile, clientCert, clientKey }: CertificateOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<tls.SecureContext> {
  if ((clientCert === undefined) !== (clientKey === undefined))
    throw new ImageError('USAGE', 'expected --client-cert and --client-key, got one of them');
  const folder = await certsOf(host, environment);
  const said = caFile === undefined ? [] : [await required(caFile)];
  const shown =
    clientCert !== undefined && clientKey !== undefined
      ? { cert: await required(clientCert), key: await required(clientKey) }
      : folder.shown;
  try {
    return tls.createSecureContext({
      ca: [...(await systemCertificates(environment)), ...folder.believed, ...said],
      ...shown,
    });
  } catch (cause) {
    const where = caFile ?? clientCert ?? `certs.d of ${host}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError('USAGE', `${where}: expected certificates (PEM), got ${why}`, {
      location: where,
      cause,
    });
  }
}

async function systemCertificates(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const { SSL_CERT_FILE: named } = environment;
  for (const path of named ? [named] : BUNDLES) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return [text];
  }
  return [...tls.rootCertificates, ...(getCACertificates?.('system') ?? [])];
}

interface Certs {
  readonly believed: readonly string[];
  readonly shown: { readonly cert?: string; readonly key?: string };
}

async function certsOf(host: string, environment: NodeJS.ProcessEnv): Promise<Certs> {
  const home = environment['HOME'] ?? homedir();
  const config = environment['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const roots = [
    join(config, 'containers/certs.d'),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
    join(environment['DOCKER_CONFIG'] ?? join(home, '.docker'), 'certs.d'),
  ];
  for (const root of roots) {
    const folder = join(root, host);
    const names = await namesIn(folder);
    if (names.length === 0) continue;
    const read = (name: string) => required(join(folder, name));
    const believed = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
    const cert = names.find((name) => name.endsWith('.cert'));
    if (cert === undefined) return { believed, shown: {} };
    const key = cert.replace(/\.cert$/, '.key');
    return { believed, shown: { cert: await read(cert), key: await read(key) } };
  }
  return { believed: [], shown: {} };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw error;
  }
}

async function required(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ImageError('USAGE', `${path}: expected a file of certificates, got none`, {
      location: path,
      cause,
    });
  }
}
