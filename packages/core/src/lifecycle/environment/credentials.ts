import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { credentialPlaces, readAuthFile } from '../../distribution/auth/credentials.js';
import { isObject, parseJsonObject, type JsonObject } from '../../oci/json.js';
import type { Environment } from '../../surroundings.js';
import type { Workspace } from '../workspace/workspace.js';
import { bad, failed, good, type EnvironmentCheck } from './check.js';

const VARIABLE = '$DOCKER_AUTH_CONFIG';
/** Bits of a mode that let others than the owner read. */
const OTHERS_READ = 0o044;

/** The places of logins that there are: whether they can be read, and by whom, and whether the helpers that they name are installed. */
export async function checkCredentials({
  surroundings,
}: Workspace): Promise<readonly EnvironmentCheck[]> {
  const { env } = surroundings;
  const checks: EnvironmentCheck[] = [];
  for (const place of credentialPlaces(surroundings)) {
    const about = { name: 'credentials', subject: place } as const;
    try {
      const config =
        place === VARIABLE
          ? parseJsonObject(Buffer.from(env['DOCKER_AUTH_CONFIG'] ?? ''), place)
          : await readAuthFile(place);
      if (config) checks.push(await describe(about, config, env));
    } catch (error) {
      const fix = 'Correct it, or log in again: docker login, podman login.';
      checks.push(failed({ ...about, state: 'problem' }, error, fix));
    }
  }
  if (checks.length > 0) return checks;
  return [good({ name: 'credentials', subject: 'none' }, 'registries are asked without a login')];
}

async function describe(
  about: Pick<EnvironmentCheck, 'name' | 'subject'>,
  config: JsonObject,
  env: Environment,
): Promise<EnvironmentCheck> {
  const { subject } = about;
  const helpers = helpersIn(config).map((name) => `docker-credential-${name}`);
  for (const program of helpers)
    if (!(await isOnPath(program, env)))
      return bad(
        { ...about, state: 'problem' },
        `names the credential helper ${program}, which is not on the PATH`,
        `Install ${program}, or remove it from ${subject}.`,
      );
  const secrets = secretsIn(config);
  const said = [`${secrets} ${secrets === 1 ? 'login' : 'logins'} in it`, ...helpers].join(', ');
  if (secrets === 0 || subject === VARIABLE || !(await isReadByOthers(subject)))
    return good(about, said);
  return bad(
    { ...about, state: 'warning' },
    `${said}; other users of this machine may read them`,
    `Let only its owner read it: chmod 600 ${subject}`,
  );
}

function helpersIn({ credsStore, credHelpers }: JsonObject): readonly string[] {
  const named = [credsStore, ...(isObject(credHelpers) ? Object.values(credHelpers) : [])];
  const names = named.filter((each): each is string => typeof each === 'string' && each !== '');
  return [...new Set(names)];
}

/** The number of entries with a login; an entry without one only says that a helper has it. */
function secretsIn({ auths }: JsonObject): number {
  return Object.values(isObject(auths) ? auths : {}).filter(
    (entry) => isObject(entry) && Object.keys(entry).length > 0,
  ).length;
}

/** Windows has no such bits: access there is by lists. */
async function isReadByOthers(path: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(path)).mode & OTHERS_READ) !== 0;
}

async function isOnPath(program: string, { PATH = '' }: Environment): Promise<boolean> {
  const files = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  for (const folder of PATH.split(delimiter))
    for (const file of files) {
      const found = await access(join(folder, file), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
  return false;
}
