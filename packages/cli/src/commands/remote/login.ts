import type { Command } from 'commander';
import type { RegistryLoginOptions } from '@stowage/core';
import { ask, canAsk } from '../../ask.js';
import { text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type Call, type CommonOptions, type Io } from '../../verb.js';

const PASSWORD = { label: 'Password', hidden: true };

interface Options extends CommonOptions {
  readonly authFile?: string;
}

const AUTH_FILE = "the config file to change: docker's config.json or podman's auth.json";

export function loginCommand(io: Io): Command {
  return withRegistry(
    verb(
      'login',
      'Check a login at a registry, and store it where docker and podman find it. Asks on a terminal.',
      [
        'stowage login registry.example.com',
        'echo "$TOKEN" | stowage login registry.example.com --username ci --password-stdin',
        'pass show hub | stowage login docker.io -u ada --password-stdin',
      ],
    ).summary('store a login'),
  )
    .argument('<registry>', 'HOST[:PORT]; docker.io for Docker Hub')
    .option('--auth-file <file>', AUTH_FILE)
    .action(
      action<Options>(io, async (workspace, [registry = ''], { options, call }) => {
        const { login } = await import('@stowage/core/registry');
        const withLogin = { ...call, registry: { ...call.registry, ...(await asked(io, call)) } };
        const result = await login(workspace, registry, {
          ...withLogin,
          authFile: options.authFile,
        });
        const { file, helper, username } = result;
        const where = helper === null ? file : `docker-credential-${helper}`;
        return {
          json: result,
          text: text`${result.registry}  logged in as ${username} (${where})\n`,
        };
      }),
    );
}

/** Asks for the user name and the password that were not given, on a terminal only. */
async function asked(io: Io, { registry }: Call): Promise<RegistryLoginOptions> {
  if (registry?.password !== undefined || !canAsk(io)) return {};
  if (registry?.username !== undefined) {
    const [password = ''] = await ask(io, [PASSWORD]);
    return { password };
  }
  const [username = '', password = ''] = await ask(io, [{ label: 'User name' }, PASSWORD]);
  return { username, password };
}

export function logoutCommand(io: Io): Command {
  return verb('logout', 'Delete the stored logins at a registry.', [
    'stowage logout registry.example.com',
  ])
    .summary('delete a login')
    .argument('<registry>', 'HOST[:PORT]; docker.io for Docker Hub')
    .option('--auth-file <file>', AUTH_FILE)
    .action(
      action<Options>(io, async (workspace, [registry = ''], { options, call }) => {
        const { logout } = await import('@stowage/core/registry');
        const result = await logout(workspace, registry, { ...call, authFile: options.authFile });
        const { places } = result;
        const files = places.map(({ file }) => file).join(', ');
        const said = places.length === 0 ? 'was not logged in' : `logged out (${files})`;
        return { json: result, text: text`${result.registry}  ${said}\n` };
      }),
    );
}
