import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../../disk/if-there.js';
import { ImageError } from '../../errors.js';
import { isObject, parseJsonObject, type JsonObject } from '../../oci/json.js';
import type { Environment, Surroundings } from '../../surroundings.js';
import { option, wording } from '../../wording.js';
import { keysFor } from './auth-keys.js';

/**
 * A user name and password, or in place of both an identity token, with which tokens are asked for (docker's `<token>`),
 * or a token for the registry itself (docker's `registrytoken`).
 */
export type Credential =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

type Lookup = Credential | undefined | Promise<Credential | undefined>;

/** Looks up the credentials for a repository; undefined when there are none. */
export type Credentials = (registry: string, repository: string) => Promise<Credential | undefined>;

/** The hint for missing or rejected credentials. */
export const LOG_IN = wording`Log in with docker login or podman login, or give ${option('username')} and ${option('password')}.`;

/** A credential helper is stopped after this long (ms): one that waits for input would block a job. */
const HELPER_TIMEOUT_MS = 30_000;
/** The server by which docker stores credentials of Docker Hub. */
const HUB_SERVER = 'https://index.docker.io/v1/';
const TOKEN_USER = '<token>';
/** The folder in which podman keeps the logins of a user without `$XDG_RUNTIME_DIR`, until the next restart of the machine. */
const RUN = '/run/containers';

/**
 * Credentials configured for docker and podman: `$DOCKER_AUTH_CONFIG` (the content of docker's `config.json`), then
 * `$REGISTRY_AUTH_FILE` or, without it, podman's `auth.json` and docker's `config.json`, each with the credential helpers
 * that it names. podman's files are those of `containers-auth.json(5)`: `$XDG_RUNTIME_DIR/containers/auth.json`
 * (`/run/containers/UID/auth.json` without the variable), then `$XDG_CONFIG_HOME/containers/auth.json`
 * (`~/.config/containers/auth.json`). The first source with an entry for the registry is used.
 *
 * @param uid the user whose folder below `/run/containers` is read; none on Windows.
 * @throws ImageError USAGE (invalid JSON), UNAUTHORIZED (a credential helper failed)
 */
export function storedCredentials(
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
  uid = process.getuid?.(),
): Credentials {
  return async (registry, repository) => {
    const { DOCKER_AUTH_CONFIG: config } = env;
    if (config) {
      const file = readJson(Buffer.from(config), '$DOCKER_AUTH_CONFIG');
      const found = await findInFile(file, registry, repository, env);
      if (found) return found;
    }
    for (const path of loginFiles({ env, home }, uid)) {
      const file = await readAuthFile(path);
      const found = file && (await findInFile(file, registry, repository, env));
      if (found) return found;
    }
    return undefined;
  };
}

/** The places where {@link storedCredentials} looks, in this order, for messages. */
export function credentialPlaces(
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
  uid = process.getuid?.(),
): string[] {
  return [
    ...(env['DOCKER_AUTH_CONFIG'] ? ['$DOCKER_AUTH_CONFIG'] : []),
    ...loginFiles({ env, home }, uid),
  ];
}

/** The files of {@link storedCredentials}, in its order; docker's `config.json`, or `$REGISTRY_AUTH_FILE`, is the last. */
export function loginFiles(
  { env, home }: Pick<Surroundings, 'env' | 'home'>,
  uid = process.getuid?.(),
): readonly string[] {
  const { REGISTRY_AUTH_FILE: named, XDG_RUNTIME_DIR: runtime, DOCKER_CONFIG: docker } = env;
  if (named !== undefined && named !== '') return [named];
  const folder = runtime
    ? join(runtime, 'containers')
    : uid === undefined
      ? undefined
      : `${RUN}/${uid}`;
  return [
    ...(folder === undefined ? [] : [join(folder, 'auth.json')]),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/auth.json'),
    join(docker || join(home, '.docker'), 'config.json'),
  ];
}

/** A config of docker or podman; undefined when there is none. @throws ImageError USAGE (invalid JSON) */
export async function readAuthFile(path: string): Promise<JsonObject | undefined> {
  const bytes = await ignoreMissing(() => readFile(path));
  return bytes && readJson(bytes, path);
}

/** The error does not quote the content, which may be a password. @throws ImageError USAGE */
function readJson(bytes: Uint8Array, location: string): JsonObject {
  try {
    return parseJsonObject(bytes, location);
  } catch (cause) {
    throw new ImageError('USAGE', `${location}: not valid JSON`, {
      location,
      cause,
    });
  }
}

/**
 * The most specific entry that has a credential: a helper of the repository's host or path, then an entry of `auths`,
 * then the store of all credentials.
 */
async function findInFile(
  { credHelpers, credsStore, auths }: JsonObject,
  registry: string,
  repository: string,
  env: Environment,
): Promise<Credential | undefined> {
  const placesIn = (entries: unknown, read: (entry: unknown, key: string) => Lookup) =>
    (isObject(entries) ? keysFor(Object.keys(entries), registry, repository) : []).map(
      ({ key, depth }) => ({
        depth,
        find: () => read(isObject(entries) ? entries[key] : undefined, key),
      }),
    );
  // The object that an entry is in says what it is: text in `auths` names no program to run.
  const places = [
    ...placesIn(credHelpers, (helper, key) =>
      typeof helper === 'string' && helper !== '' ? askHelper(helper, key, env) : undefined,
    ),
    ...placesIn(auths, (entry) => (isObject(entry) ? decodeCredential(entry) : undefined)),
  ];
  for (const { find } of places.sort((one, other) => other.depth - one.depth)) {
    const found = await find();
    if (found) return found;
  }
  if (typeof credsStore !== 'string' || credsStore === '') return undefined;
  return askHelper(credsStore, serverOf(registry), env);
}

/** `auth` is `user:password` in base64. An entry without content only says that a helper has the credential. */
function decodeCredential(entry: JsonObject): Credential | undefined {
  const { auth, identitytoken, registrytoken } = entry;
  if (typeof registrytoken === 'string' && registrytoken !== '')
    return { registryToken: registrytoken };
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { identityToken: identitytoken };
  const text = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString() : '';
  const colon = text.indexOf(':');
  const { username, password } =
    colon < 0
      ? entry
      : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  return username === '' && password === '' ? undefined : { username, password };
}

/** Docker's credential helper protocol: the server on stdin, `{Username, Secret}` on stdout. */
async function askHelper(
  helper: string,
  server: string,
  env: Environment,
): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await runHelper(helper, { action: 'get', input: server }, env);
  // Helpers report missing credentials by this text only; docker and podman match it, too.
  if (code !== 0 && /credentials not found/i.test(output)) return undefined;
  const { Username: username, Secret: secret } =
    code === 0 ? parseJsonObject(Buffer.from(output), program) : {};
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw new ImageError(
      'UNAUTHORIZED',
      `${program}: no credentials of ${server}: ${code === null ? 'it did not answer in time' : `exit code ${code}`}`,
      { hint: `Try it by hand: echo ${server} | ${program} get` },
    );
  if (username === '' && secret === '') return undefined;
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

/** The name of a registry for credential helpers, and its key in docker's config. */
export function serverOf(registry: string): string {
  return registry === 'docker.io' ? HUB_SERVER : registry;
}

/**
 * Runs a credential helper. @returns its exit code, null when it was stopped, and what it printed
 *
 * @throws ImageError UNAUTHORIZED (no such program)
 */
export function runHelper(
  helper: string,
  { action, input }: { readonly action: 'get' | 'store' | 'erase'; readonly input: string },
  env: Environment,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const program = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [action], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: HELPER_TIMEOUT_MS,
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) =>
      reject(
        new ImageError('UNAUTHORIZED', `${program}: this credential helper is not installed`, {
          hint: 'Install it, or remove it from the config file that names it.',
          cause,
        }),
      ),
    );
    child.on('close', (code) => resolve({ code, output: Buffer.concat(output).toString() }));
    child.stdin.end(input);
  });
}
