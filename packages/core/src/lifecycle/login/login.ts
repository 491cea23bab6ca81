import type { LoginPlace } from '../../distribution/auth/stored-logins.js';
import { ImageError } from '../../errors.js';
import { absolutePath } from '../../location.js';
import { option, wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import { parseTarget } from '../workspace/inputs/registry-address.js';
import type { Workspace } from '../workspace/workspace.js';

/** Options for logging in to a registry and out of it. */
export interface LoginOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** The config file to change (docker's `config.json`, podman's `auth.json`); found as for reading when omitted. */
  readonly authFile?: string | undefined;
}

/** A login that was stored. */
export interface LoginResult extends LoginPlace {
  readonly registry: string;
  readonly username: string;
  /** False when the registry asked for no login, so that the password could not be checked. */
  readonly checked: boolean;
}

/** The places from which a login was deleted. */
export interface LogoutResult {
  readonly registry: string;
  readonly places: readonly LoginPlace[];
}

/**
 * Checks `registry.username` and `registry.password` at a registry (`GET /v2/`, with a token if it asks for one), and stores
 * them where docker or podman store theirs: with the credential helper that the config file names, else in that file, with
 * mode 0600. The file is the first of those that are read that has an entry for the registry, else docker's `config.json`, or
 * `$REGISTRY_AUTH_FILE` if set.
 *
 * @param address `HOST[:PORT]`; `docker.io` for Docker Hub.
 * @throws ImageError USAGE (no user name or password), UNAUTHORIZED (they are refused, or a credential helper failed), DENIED,
 *   UNAVAILABLE, CONFLICT (another process changes the file)
 */
export async function login(
  workspace: Workspace,
  address: string,
  options: LoginOptions,
): Promise<LoginResult> {
  const { registry, plainHttp } = hostIn(address);
  const { surroundings } = workspace;
  const { username, password, ...connection } = options.registry ?? {};
  if (!username || !password)
    throw new ImageError('USAGE', `${registry}: a login needs a user name and a password`, {
      hint: wording`Give ${option('username', 'NAME')} and ${option('password')}.`,
    });
  const given = { username, password };
  const { RegistryClient } = await import('../../distribution/transport/client.js');
  let checked = false;
  await using client = await RegistryClient.open(registry, {
    ...connection,
    plainHttp: plainHttp ?? connection.plainHttp,
    surroundings,
    credentials: async () => {
      checked = true;
      return given;
    },
  });
  try {
    const { signal } = options;
    const ping = { method: 'GET', url: '/v2/', scope: '', expected: [200], signal } as const;
    await (await client.request(ping)).dump();
  } catch (error) {
    const isRefused = error instanceof ImageError && error.code === 'UNAUTHORIZED';
    if (!isRefused) throw error;
    throw new ImageError(error.code, `${registry}: login refused: ${error.message}`, {
      location: registry,
      hint: 'Nothing was stored.',
      cause: error,
    });
  }
  if (!checked)
    options.onEvent?.({
      type: 'notice',
      text: `${registry} asked for no login, so the password was not checked`,
    });
  const { storeLogin } = await import('../../distribution/auth/stored-logins.js');
  const place = await storeLogin(registry, given, fileOptions(workspace, options));
  noteVariable(workspace, registry, options);
  return { registry, username, checked, ...place };
}

/**
 * Deletes the logins at a registry from the config files of docker and podman, or from `authFile`, and from the credential helpers
 * that they name.
 *
 * @param address `HOST[:PORT]`; `docker.io` for Docker Hub.
 * @throws ImageError USAGE, UNAUTHORIZED (a credential helper failed), CONFLICT (another process changes the file)
 */
export async function logout(
  workspace: Workspace,
  address: string,
  options: LoginOptions,
): Promise<LogoutResult> {
  const { registry } = hostIn(address);
  const { eraseLogins } = await import('../../distribution/auth/stored-logins.js');
  const places = await eraseLogins(registry, fileOptions(workspace, options));
  noteVariable(workspace, registry, options);
  return { registry, places };
}

function hostIn(address: string): {
  readonly registry: string;
  readonly plainHttp: boolean | undefined;
} {
  const { registry, prefix, plainHttp } = parseTarget(address, 'registry');
  if (prefix === '') return { registry, plainHttp };
  throw new ImageError(
    'USAGE',
    `${address}: a login is for a whole registry: give HOST[:PORT] without a repository`,
  );
}

function fileOptions({ surroundings }: Workspace, { cwd, authFile }: LoginOptions) {
  const file = authFile === undefined ? undefined : absolutePath(authFile, { cwd, surroundings });
  return { surroundings, file };
}

/** The variable is read before all files, and no login changes it. */
function noteVariable(
  { surroundings }: Workspace,
  registry: string,
  { onEvent }: LoginOptions,
): void {
  if (surroundings.env['DOCKER_AUTH_CONFIG'])
    onEvent?.({
      type: 'notice',
      text: `$DOCKER_AUTH_CONFIG is set; a login at ${registry} in it is used before those in files`,
    });
}
