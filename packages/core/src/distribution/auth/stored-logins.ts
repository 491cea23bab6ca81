import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeAtomically } from '../../disk/atomic-write.js';
import { ignoreMissing } from '../../disk/if-there.js';
import { withLock } from '../../disk/lock.js';
import { ImageError } from '../../errors.js';
import { isObject, type JsonObject } from '../../oci/json.js';
import type { Environment, Surroundings } from '../../surroundings.js';
import { keysFor } from './auth-keys.js';
import { loginFiles, readAuthFile, runHelper, serverOf } from './credentials.js';

/** A user name and a password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A place of a login: a config file of docker or podman, and the credential helper that it names for the registry. */
export interface LoginPlace {
  readonly file: string;
  readonly helper: string | null;
}

/** The surroundings, and a file to use in place of those that are found through them. */
export interface LoginFileOptions {
  readonly surroundings: Surroundings;
  readonly file?: string | undefined;
}

/** How long to wait for another process that changes the same file (ms). */
const LOCK_WAIT_MS = 30_000;
/** Fields of an entry that hold credentials; a new login replaces all of them. */
const SECRETS = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'];

/**
 * Stores a login: with the credential helper that the file names for the registry, else in the file itself (mode 0600,
 * replaced atomically, other entries unchanged). Of the files that are read, it is the first with an entry for the registry, so
 * that no older login comes before the new one; else the last: docker's `config.json`, or `$REGISTRY_AUTH_FILE`.
 *
 * @throws ImageError USAGE (not a config file), UNAUTHORIZED (the credential helper failed), CONFLICT (locked), NO_SPACE
 */
export async function storeLogin(
  registry: string,
  login: Login,
  options: LoginFileOptions,
): Promise<LoginPlace> {
  const file = options.file ?? (await fileFor(registry, options.surroundings));
  const { env } = options.surroundings;
  return changeFile(file, async (config) => {
    const auths = isObject(config['auths']) ? config['auths'] : {};
    const helper = helperIn(config, registry) ?? null;
    const { username, password } = login;
    if (helper !== null) {
      const stored = { ServerURL: serverOf(registry), Username: username, Secret: password };
      await useHelper(helper, { action: 'store', input: JSON.stringify(stored) }, env);
    }
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const known = ownKeys(auths, registry);
    const entries = (known.length > 0 ? known : [serverOf(registry)]).map(
      (key): [string, JsonObject] => [
        key,
        // An entry without content says that a helper has the login.
        { ...withoutSecrets(auths[key]), ...(helper === null ? { auth } : {}) },
      ],
    );
    const changed = { ...config, auths: { ...auths, ...Object.fromEntries<unknown>(entries) } };
    return { changed, result: { file, helper } };
  });
}

/**
 * Deletes the logins at a registry from all files that are read, or from one, and from the credential helpers that they name.
 *
 * @returns the places that had one
 * @throws ImageError as {@link storeLogin}
 */
export async function eraseLogins(
  registry: string,
  { surroundings, file }: LoginFileOptions,
): Promise<LoginPlace[]> {
  const { env } = surroundings;
  const places: LoginPlace[] = [];
  for (const path of file === undefined ? loginFiles(surroundings) : [file]) {
    if (!(await readAuthFile(path))) continue;
    const place = await changeFile(path, async (config) => {
      const auths = isObject(config['auths']) ? config['auths'] : {};
      const helper = helperIn(config, registry);
      const known = ownKeys(auths, registry);
      const erased = helper !== undefined && (await eraseWith(helper, registry, env));
      if (known.length === 0 && !erased) return { result: undefined };
      const left = Object.entries(auths).filter(([key]) => !known.includes(key));
      return {
        changed: known.length === 0 ? undefined : { ...config, auths: Object.fromEntries(left) },
        result: { file: path, helper: helper ?? null },
      };
    });
    if (place) places.push(place);
  }
  return places;
}

async function fileFor(registry: string, surroundings: Surroundings): Promise<string> {
  const files = loginFiles(surroundings);
  for (const path of files) {
    const { auths, credHelpers } = (await readAuthFile(path)) ?? {};
    if (ownKeys(auths, registry).length + ownKeys(credHelpers, registry).length > 0) return path;
  }
  return files.at(-1) ?? '';
}

/** Changes a config file while no other process of Stowage does; without `changed`, the file stays. */
async function changeFile<T>(
  path: string,
  change: (
    config: JsonObject,
  ) => Promise<{ readonly changed?: JsonObject | undefined; readonly result: T }>,
): Promise<T> {
  // A link, as in a folder of dotfiles, stays one.
  const file = (await ignoreMissing(() => realpath(path))) ?? path;
  const work = async (): Promise<T> => {
    const { changed, result } = await change((await readAuthFile(file)) ?? {});
    const text = changed && `${JSON.stringify(changed, undefined, '\t')}\n`;
    if (text !== undefined)
      await writeAtomically(file, [Buffer.from(text)], { privateTo: dirname(file) });
    return result;
  };
  return withLock(`${file}.lock`, work, { wait: LOCK_WAIT_MS });
}

/** The keys of an object that are for the whole registry. */
function ownKeys(entries: unknown, registry: string): readonly string[] {
  if (!isObject(entries)) return [];
  return keysFor(Object.keys(entries), registry, '').map(({ key }) => key);
}

function helperIn({ credHelpers, credsStore }: JsonObject, registry: string): string | undefined {
  const [key] = ownKeys(credHelpers, registry);
  const own = key !== undefined && isObject(credHelpers) ? credHelpers[key] : undefined;
  const helper = own ?? credsStore;
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

function withoutSecrets(entry: unknown): JsonObject {
  const fields = isObject(entry) ? Object.entries(entry) : [];
  return Object.fromEntries(fields.filter(([key]) => !SECRETS.includes(key)));
}

/** @returns whether the helper had a login */
async function eraseWith(helper: string, registry: string, env: Environment): Promise<boolean> {
  const server = serverOf(registry);
  if ((await runHelper(helper, { action: 'get', input: server }, env)).code !== 0) return false;
  await useHelper(helper, { action: 'erase', input: server }, env);
  return true;
}

/** @throws ImageError UNAUTHORIZED */
async function useHelper(
  helper: string,
  request: { readonly action: 'store' | 'erase'; readonly input: string },
  env: Environment,
): Promise<void> {
  const { code } = await runHelper(helper, request, env);
  if (code === 0) return;
  throw new ImageError(
    'UNAUTHORIZED',
    `docker-credential-${helper}: could not ${request.action} the login: ${code === null ? 'it did not answer in time' : `exit code ${code}`}`,
    {
      hint: 'Look whether the keychain that it uses is locked, or remove it from the config file.',
    },
  );
}
