import type { Command } from 'commander';
import { text } from '../../print/text.js';
import { action, verb, withRegistry, type CommonOptions, type Io } from '../../verb.js';

interface Options extends CommonOptions {
  readonly authFile?: string;
}

const AUTH_FILE = "the config file to change: docker's config.json or podman's auth.json";

export function loginCommand(io: Io): Command {
  return withRegistry(
    verb('login', 'Check a login at a registry, and store it where docker and podman find it.', [
      'echo "$TOKEN" | stowage login registry.example.com --username ci --password-stdin',
      'pass show hub | stowage login docker.io -u ada --password-stdin',
    ]),
  )
    .argument('<registry>', 'HOST[:PORT]; docker.io for Docker Hub')
    .option('--auth-file <file>', AUTH_FILE)
    .action(
      action<Options>(io, async (workspace, [registry = ''], { options, call }) => {
        const { login } = await import('@stowage/core/registry');
        const result = await login(workspace, registry, { ...call, authFile: options.authFile });
        const { file, helper, username } = result;
        const where = helper === null ? file : `docker-credential-${helper}`;
        return {
          json: result,
          text: text`${result.registry}  logged in as ${username} (${where})\n`,
        };
      }),
    );
}

export function logoutCommand(io: Io): Command {
  return verb('logout', 'Delete the stored logins at a registry.', [
    'stowage logout registry.example.com',
  ])
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
