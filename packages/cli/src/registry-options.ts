import { ImageError, type RegistryLoginOptions } from '@stowage/core';
import type { Command } from 'commander';
import { GROUPS } from './help/groups.js';

/** Options for access to registries, and what else may be read from standard input. */
export interface RegistryOptions {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  /** Only from the alias `--to-registry-password` of another tool; our own options take no password. */
  readonly password?: string;
  readonly caFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly plainHttp?: boolean;
  readonly insecureSkipTlsVerify?: boolean;
  readonly imagesFrom?: readonly string[];
}

/** The standard input, from which a password may be read. */
interface StandardInput {
  readonly stdin: NodeJS.ReadStream;
}

/** Adds the options for access to registries: credentials and TLS. */
export function withRegistry(command: Command): Command {
  return command
    .optionsGroup(GROUPS.registry)
    .option(
      '-u, --username <name>',
      'user name; credentials stored by docker login, podman login or stowage login when omitted',
    )
    .option('--password-stdin', "read the user's password from standard input")
    .option('--ca-file <file>', 'trusted CA certificates (PEM), besides those of the system')
    .option('--client-cert <file>', 'client certificate (PEM)')
    .option('--client-key <file>', 'key of the client certificate (PEM)')
    .option('--plain-http', 'http in place of https; detected automatically on localhost')
    .option('--insecure-skip-tls-verify', 'do not verify the certificate of the registry')
    .optionsGroup('');
}

/** The arguments of a command without its destination, which is the last one: `-` is standard output there. */
export function inputsOf({ args, registeredArguments }: Command): readonly string[] {
  const writes = registeredArguments.some((argument) => /destination$/.test(argument.name()));
  return writes ? args.slice(0, -1) : args;
}

/** Options for registries. @throws ImageError USAGE */
export async function registryFlags(
  options: RegistryOptions,
  args: readonly string[],
  { stdin }: StandardInput,
): Promise<RegistryLoginOptions> {
  const { username, caFile, clientCert, clientKey, plainHttp, insecureSkipTlsVerify } = options;
  const common = { username, caFile, clientCert, clientKey, plainHttp, insecureSkipTlsVerify };
  const readers = [...args, ...(options.imagesFrom ?? [])].filter((each) => each === '-');
  if (readers.length > 1 && options.imagesFrom?.includes('-'))
    throw new ImageError('USAGE', '--images-from -: standard input can be read only once');
  if (!options.passwordStdin) return { ...common, password: options.password };
  if (readers.length > 0)
    throw new ImageError(
      'USAGE',
      '--password-stdin: standard input cannot be the password and a location (-)',
    );
  return { ...common, password: await readPassword({ stdin }) };
}

/** Reads a password from standard input, without the line break at its end. */
export async function readPassword({ stdin }: StandardInput): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '');
}
