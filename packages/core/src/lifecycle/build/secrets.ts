import { join, resolve } from 'node:path';
import type { BuildAnswers } from '../../engine/engine.js';
import { DEFINITION_FILE } from '../../definition/definition.js';
import type { SecretYaml } from '../../definition/build-schema.js';
import { isBelow } from '../../disk/paths/inside.js';
import { readUpTo } from '../../disk/paths/own-file.js';
import { realPath } from '../../disk/paths/real-path.js';
import { ImageError } from '../../errors.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import type { Workspace } from '../workspace/workspace.js';

type Found = Pick<FoundDefinition, 'definition' | 'folder'>;

/** BuildKit's limit for a secret, in bytes. */
const MAX_SECRET_BYTES = 500 * 1024;

/**
 * Reads what a build of a definition may ask for: its secrets, the user's SSH agent, and the user's logins at registries, which
 * are looked up when they are asked for.
 *
 * @throws ImageError NOT_FOUND (a variable that is not set or empty, a file, the SSH agent), USAGE (a file outside the workspace),
 *   TOO_LARGE
 */
export async function buildAnswers(
  { root, surroundings }: Workspace,
  found: Found,
): Promise<BuildAnswers> {
  const { secrets = [], ssh = [] } = found.definition;
  const path = join(found.folder, DEFINITION_FILE);
  const missing = (what: string, hint: string) =>
    new ImageError('NOT_FOUND', `${path}: ${what}`, { location: path, hint });
  const valueOf = async ({ id, env, file }: SecretYaml): Promise<Uint8Array> => {
    if (env !== undefined) {
      const value = surroundings.env[env];
      if (value) return Buffer.from(value);
      throw missing(
        `secrets: ${JSON.stringify(id)}: the environment variable ${env} is not set, or empty`,
        'Set it to the secret.',
      );
    }
    const absolute = resolve(found.folder, file ?? '');
    await requireInside(root, found.folder, absolute, path);
    const value = await readUpTo(absolute, MAX_SECRET_BYTES);
    if (value) return value;
    throw missing(
      `secrets: ${JSON.stringify(id)}: no such file ${absolute}`,
      'Write the secret there, and leave the file out of the repository.',
    );
  };
  const values = new Map<string, Uint8Array>();
  for (const secret of secrets) values.set(secret.id, await valueOf(secret));
  const agent = surroundings.env['SSH_AUTH_SOCK'];
  if (ssh.length > 0 && !agent)
    throw missing('ssh: SSH_AUTH_SOCK is not set', 'Start an agent: eval "$(ssh-agent)"; ssh-add');
  return {
    secrets: values,
    sshAgents: new Map(ssh.map((id) => [id, agent ?? ''])),
    login: async (registry) => {
      // Loaded on demand: most builds pull nothing.
      const { storedCredentials } = await import('../../distribution/auth/credentials.js');
      const login = await storedCredentials(surroundings)(registry, '');
      if (!login || 'registryToken' in login) return undefined;
      if ('identityToken' in login) return { user: '', password: login.identityToken };
      return { user: login.username, password: login.password };
    },
  };
}

/** With links resolved, a secret is in the workspace or below its definition, as a context is. @throws ImageError USAGE */
async function requireInside(
  root: string,
  folder: string,
  absolute: string,
  path: string,
): Promise<void> {
  const real = await realPath(absolute);
  if (real === undefined) return;
  for (const each of [root, folder]) if (isBelow((await realPath(each)) ?? each, real)) return;
  throw new ImageError('USAGE', `${path}: secrets: ${absolute} is not a file in ${root}`, {
    location: path,
    hint: 'Give the secret by an environment variable (env:), or write it to a file of the workspace that git ignores.',
  });
}
