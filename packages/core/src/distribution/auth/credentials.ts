import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ImageError, systemCode } from '../../errors.js';
import { isObject, parseJsonObject, type JsonObject } from '../../oci/json.js';

/** A name and a password, or an identity token that stands for both (docker's `<token>`). */
export type Credential =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

/** What is known of a repository's registry; undefined where nothing is. */
export type Credentials = (registry: string, repository: string) => Promise<Credential | undefined>;

export interface CredentialPlaces {
  readonly environment: NodeJS.ProcessEnv;
}

/** A helper that asks somebody for a password nobody types must not hang a job (ms). */
const HELPER_PATIENCE = 30_000;
/** What Docker Hub is called in docker's own files. */
const HUB_KEYS = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];
const TOKEN_USER = '<token>';

/**
 * What docker and podman are told or have stored: `$DOCKER_AUTH_CONFIG` (docker's file itself), `$REGISTRY_AUTH_FILE`, podman's `auth.json`, docker's `config.json`, each with
 * the credential helpers that it names. The first that knows the registry is right.
 *
 * @throws ImageError USAGE (a file that is no JSON), UNAUTHORIZED (a helper that fails)
 */
export function storedCredentials({ environment }: CredentialPlaces): Credentials {
  return async (registry, repository) => {
    const { DOCKER_AUTH_CONFIG: said } = environment;
    if (said) {
      const file = readJson(Buffer.from(said), '$DOCKER_AUTH_CONFIG');
      const found = await fromFile(file, registry, repository, environment);
      if (found) return found;
    }
    for (const path of authFiles(environment)) {
      const file = await readAuthFile(path);
      const found = file && (await fromFile(file, registry, repository, environment));
      if (found) return found;
    }
    return undefined;
  };
}

function authFiles(environment: NodeJS.ProcessEnv): string[] {
  const {
    REGISTRY_AUTH_FILE: named,
    XDG_RUNTIME_DIR: runtime,
    DOCKER_CONFIG: docker,
  } = environment;
  if (named !== undefined && named !== '') return [named];
  const home = environment['HOME'] ?? homedir();
  return [
    ...(runtime === undefined ? [] : [join(runtime, 'containers/auth.json')]),
    join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers/auth.json'),
    join(docker ?? join(home, '.docker'), 'config.json'),
  ];
}

async function readAuthFile(path: string): Promise<JsonObject | undefined> {
  try {
    return readJson(await readFile(path), path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A message never shows the content. @throws ImageError USAGE */
function readJson(bytes: Uint8Array, location: string): JsonObject {
  try {
    return parseJsonObject(bytes, location);
  } catch (cause) {
    throw new ImageError('USAGE', `${location}: expected docker's config as JSON, got none`, {
      location,
      cause,
    });
  }
}

async function fromFile(
  file: JsonObject,
  registry: string,
  repository: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credential | undefined> {
  const { credHelpers, credsStore, auths } = file;
  const keys = registry === 'docker.io' ? HUB_KEYS : [registry, `https://${registry}`];
  for (const key of keys) {
    const helper = isObject(credHelpers) ? credHelpers[key] : undefined;
    if (typeof helper === 'string') return askHelper(helper, key, environment);
  }
  // Podman keeps one for a part of a registry, too: the longest that fits is meant.
  const parts = repository.split('/');
  const scoped = parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join('/'));
  for (const key of [...scoped, ...keys]) {
    const entry = isObject(auths) ? auths[key] : undefined;
    const found = isObject(entry) ? decoded(entry) : undefined;
    if (found) return found;
  }
  if (typeof credsStore !== 'string') return undefined;
  return askHelper(credsStore, keys[0] ?? registry, environment);
}

/** `auth` is `user:password` in base64. */
function decoded({ auth, username, password, identitytoken }: JsonObject): Credential | undefined {
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { identityToken: identitytoken };
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** Docker's protocol of credential helpers: the server on stdin, `{Username, Secret}` on stdout. */
async function askHelper(
  helper: string,
  server: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await run(program, server, environment);
  // This is how a helper says that it has nothing; docker and podman read it the same.
  if (code !== 0 && /credentials not found/i.test(output)) return undefined;
  const { Username: username, Secret: secret } =
    code === 0 ? parseJsonObject(Buffer.from(output), program) : {};
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw new ImageError(
      'UNAUTHORIZED',
      `${program}: expected the credentials of ${server}, got ${code === null ? 'no answer in time' : `exit code ${code}`}`,
      { hint: `Try it by hand: echo ${server} | ${program} get` },
    );
  if (username === '' && secret === '') return undefined;
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

function run(
  program: string,
  input: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: environment,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: HELPER_PATIENCE,
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) =>
      reject(
        new ImageError('UNAUTHORIZED', `${program}: expected a credential helper, got none`, {
          hint: 'Install it, or take it out of the file that names it.',
          cause,
        }),
      ),
    );
    child.on('close', (code) => resolve({ code, output: Buffer.concat(output).toString() }));
    child.stdin.end(input);
  });
}
