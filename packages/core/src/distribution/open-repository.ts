import { ImageError, shortList } from '../errors.js';
import { parseReference } from '../oci/reference.js';
import {
  RegistryClient,
  type ConnectionOptions,
  type RegistryOptions,
} from './transport/client.js';
import {
  LOG_IN,
  credentialPlaces,
  storedCredentials,
  type Credential,
  type Credentials,
} from './auth/credentials.js';
import type { Surroundings } from '../surroundings.js';
import { keptClient } from './kept-clients.js';
import { Repository, type RepositoryOptions } from './repository.js';
import { option, wording, type Wording } from '../wording.js';

/** Options for connecting and logging in to a registry. */
export interface RegistryLoginOptions extends ConnectionOptions {
  /** Used instead of the credentials that docker and podman store; give both or neither. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Opens a registry. @throws ImageError USAGE */
export async function openRegistry(
  registry: string,
  { username, password, ...options }: RegistryLoginOptions & Pick<RegistryOptions, 'isRelay'> = {},
  surroundings: Surroundings,
): Promise<RegistryClient> {
  const stored = storedCredentials(surroundings);
  const given = credentialOf({ username, password });
  let isFound = given !== undefined;
  const credentials: Credentials = async (host, repository) => {
    const credential = given ?? (await stored(host, repository));
    isFound ||= credential !== undefined;
    return credential;
  };
  const loginHint = () =>
    isFound
      ? wording`The login for ${registry} was refused. ${LOG_IN}`
      : notFound(registry, surroundings);
  return RegistryClient.open(registry, { ...options, credentials, surroundings, loginHint });
}

function notFound(registry: string, surroundings: Surroundings): Wording {
  const places = shortList(credentialPlaces(surroundings));
  return wording`No login for ${registry} stands in ${places}. ${LOG_IN}`;
}

/**
 * Opens the repository of a reference, with a connection of its own unless clients are kept for the surroundings.
 *
 * @throws ImageError USAGE
 */
export async function openRepository(
  reference: string,
  flags: RegistryLoginOptions | undefined,
  surroundings: Surroundings,
  options: Pick<RepositoryOptions, 'foreignLayers'> = {},
): Promise<Repository> {
  const { registry, repository } = parseReference(reference);
  const { client, ownsClient } = await keptClient(
    surroundings,
    JSON.stringify([registry, flags]),
    () => openRegistry(registry, flags, surroundings),
  );
  return new Repository(client, repository, { ...options, ownsClient });
}

/** @throws ImageError USAGE (only one of them) */
export function credentialOf({
  username,
  password,
}: Pick<RegistryLoginOptions, 'username' | 'password'>): Credential | undefined {
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) return { username, password };
  throw new ImageError('USAGE', 'give a user name and a password together, not one of them', {
    hint: wording`Give ${option('username', 'NAME')} and ${option('password')}, or neither.`,
  });
}
