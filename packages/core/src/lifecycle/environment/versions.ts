import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../../disk/if-there.js';
import { isAtLeast } from '../../engine/is-at-least.js';
import { parseJsonObject } from '../../oci/json.js';
import type { Workspace } from '../workspace/workspace.js';
import { bad, good, type EnvironmentCheck } from './check.js';

/** The oldest version of Node.js that this package supports. */
export const LEAST_NODE = '20.19.0';

/** @param version that of the running Node.js. */
export function checkNode(version: string): EnvironmentCheck {
  const about = { name: 'node', subject: version } as const;
  if (isAtLeast(version, LEAST_NODE)) return good(about, 'supported');
  return bad(
    { ...about, state: 'problem' },
    'not supported',
    `Install Node.js ${LEAST_NODE} or newer.`,
  );
}

/** The version of Nx in an Nx workspace, and whether the plugin that is installed there supports it. */
export async function checkNx({ root }: Workspace): Promise<readonly EnvironmentCheck[]> {
  if ((await ignoreMissing(() => readFile(join(root, 'nx.json')))) === undefined) return [];
  const { version } = (await manifestOf(root, 'nx')) ?? {};
  if (typeof version !== 'string')
    return [
      bad(
        { name: 'nx', subject: root, state: 'warning' },
        'nx.json is there, but nx is not installed',
        'Install the packages of the workspace (npm ci).',
      ),
    ];
  const about = { name: 'nx', subject: version } as const;
  const plugin = await manifestOf(root, '@stowage/images');
  if (!plugin)
    return [
      bad(
        { ...about, state: 'warning' },
        'without the plugin, images are no targets',
        'Add it: npx nx add @stowage/images.',
      ),
    ];
  const { nx: range } = (plugin['peerDependencies'] ?? {}) as { readonly nx?: unknown };
  const [, least, below] = /^>=(\S+) <(\S+)$/.exec(String(range)) ?? [];
  if (
    least === undefined ||
    below === undefined ||
    (isAtLeast(version, least) && !isAtLeast(version, below))
  )
    return [good(about, `with @stowage/images ${String(plugin['version'])}`)];
  return [
    bad(
      { ...about, state: 'warning' },
      `@stowage/images ${String(plugin['version'])} supports ${String(range)}`,
      'Update @stowage/images, or Nx: npx nx migrate.',
    ),
  ];
}

/** The package.json of an installed package; undefined when there is none. */
async function manifestOf(root: string, name: string) {
  const path = join(root, 'node_modules', name, 'package.json');
  const bytes = await ignoreMissing(() => readFile(path));
  return bytes && parseJsonObject(bytes, path);
}
