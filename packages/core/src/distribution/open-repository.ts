import { ImageError } from '../errors.js';
import { parseReference } from '../oci/reference.js';
import { RegistryClient, type RegistryOptions } from './client.js';
import { storedCredentials, type Credential } from './credentials.js';
import { Repository } from './repository.js';

/** What a user says of registries. */
export interface RegistryFlags extends Omit<RegistryOptions, 'credentials'> {
  /** In place of what docker and podman have stored; both or none. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Opens the repository of a reference, with a connection of its own. @throws ImageError USAGE */
export async function openRepository(
  reference: string,
  { username, password, ...options }: RegistryFlags = {},
): Promise<Repository> {
  const parsed = parseReference(reference);
  if ((username === undefined) !== (password === undefined))
    throw new ImageError('USAGE', 'expected a user name and a password, got one of them', {
      hint: 'Give --username NAME --password-stdin, or neither.',
    });
  const stored = storedCredentials({ environment: process.env });
  const given: Credential | undefined =
    username === undefined || password === undefined ? undefined : { username, password };
  const client = await RegistryClient.open(parsed.registry, {
    ...options,
    credentials: given ? async () => given : stored,
  });
  return new Repository(client, parsed, { ownsClient: true });
}
