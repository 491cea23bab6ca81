import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { isMissing } from '../../disk/if-there.js';
import { ImageError, systemCode } from '../../errors.js';
import type { Environment, Surroundings } from '../../surroundings.js';
import { option, wording } from '../../wording.js';

/** TLS settings for a registry: trusted CAs and client certificate. */
export interface CertificateOptions {
  /** File of CA certificates (PEM) that are trusted besides those of the system. */
  readonly caFile?: string | undefined;
  /** Client certificate and key (PEM files); give both or neither. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Do not verify TLS certificates of the registry; other servers that it redirects to are verified. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

/** TLS settings for connections to one server. */
export interface TlsOptions {
  readonly secureContext: tls.SecureContext;
  readonly rejectUnauthorized?: boolean;
}

/** TLS settings for a registry, and for other hosts that it refers its clients to. */
export interface RegistryTls {
  readonly own: TlsOptions;
  /** Trusts the same CAs, sends no client certificate, and always verifies. */
  readonly elsewhere: TlsOptions;
}

/** The CA bundles of Debian, Fedora, SUSE and Alpine. */
const CA_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Reads the TLS settings for a registry: the certificates of the system (`$SSL_CERT_FILE`), those of docker's and
 * podman's `certs.d/HOST` (`*.crt` are trusted, `NAME.cert` with `NAME.key` is the client certificate), and the options.
 *
 * @throws ImageError USAGE (no such file, or no certificate)
 */
export async function registryTls(
  host: string,
  { caFile, clientCert, clientKey, insecureSkipTlsVerify }: CertificateOptions,
  surroundings: Pick<Surroundings, 'env' | 'home'>,
): Promise<RegistryTls> {
  if ((clientCert === undefined) !== (clientKey === undefined))
    throw new ImageError(
      'USAGE',
      wording`give ${option('clientCert')} and ${option('clientKey')} together, not one of them`,
    );
  const folder = await certsOf(host, surroundings);
  const given = caFile === undefined ? [] : [await readPem(caFile)];
  const client =
    clientCert !== undefined && clientKey !== undefined
      ? { cert: await readPem(clientCert), key: await readPem(clientKey) }
      : folder.client;
  const ca = [...(await systemCertificates(surroundings.env)), ...folder.trusted, ...given];
  try {
    const elsewhere = { secureContext: tls.createSecureContext({ ca }) };
    const secureContext = client
      ? tls.createSecureContext({ ca, ...client })
      : elsewhere.secureContext;
    const verification = insecureSkipTlsVerify ? { rejectUnauthorized: false } : {};
    return { own: { secureContext, ...verification }, elsewhere };
  } catch (cause) {
    const where = caFile ?? clientCert ?? `certs.d of ${host}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError('USAGE', `${where}: not certificates in the format PEM: ${why}`, {
      location: where,
      cause,
    });
  }
}

async function systemCertificates(env: Environment): Promise<readonly string[]> {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const { SSL_CERT_FILE: named } = env;
  for (const path of named ? [named] : CA_BUNDLES) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return [text];
  }
  return [...tls.rootCertificates, ...(getCACertificates?.('system') ?? [])];
}

interface Certs {
  readonly trusted: readonly string[];
  readonly client?: { readonly cert: string; readonly key: string };
}

async function certsOf(
  host: string,
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
): Promise<Certs> {
  const config = env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const roots = [
    join(config, 'containers/certs.d'),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
    join(env['DOCKER_CONFIG'] ?? join(home, '.docker'), 'certs.d'),
  ];
  for (const root of roots) {
    const folder = join(root, host);
    const names = await namesIn(folder);
    if (names.length === 0) continue;
    const read = (name: string) => readPem(join(folder, name));
    const trusted = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
    const cert = names.find((name) => name.endsWith('.cert'));
    if (cert === undefined) return { trusted };
    const key = cert.replace(/\.cert$/, '.key');
    return { trusted, client: { cert: await read(cert), key: await read(key) } };
  }
  return { trusted: [] };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'EACCES') return [];
    throw error;
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ImageError('USAGE', `${path}: no PEM file that can be read`, {
      location: path,
      cause,
    });
  }
}
