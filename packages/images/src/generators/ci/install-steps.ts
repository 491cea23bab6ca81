import type { Tree } from '@nx/devkit';

/** How a CI job installs the packages of a workspace, and runs Nx. */
export interface InstallSteps {
  /** Shell commands: they bring the package manager, then the packages. */
  readonly commands: readonly string[];
  /** The command for Nx. */
  readonly nx: string;
}

/** The package manager and its version are those of the lock file, and of `packageManager` in package.json if it is there. */
export function installSteps(tree: Tree): InstallSteps {
  const read = (path: string) => (tree.exists(path) ? (tree.read(path, 'utf8') ?? '') : undefined);
  const manifest = read('package.json');
  // A workspace without package.json is installed by the wrapper of Nx.
  if (manifest === undefined) return { commands: [], nx: './nx' };
  const hasOwn = /"packageManager"\s*:/.test(manifest);
  const pnpm = read('pnpm-lock.yaml');
  if (pnpm !== undefined) {
    const bring = hasOwn ? 'corepack enable' : `npm install --global pnpm@${pnpmFor(pnpm)}`;
    return { commands: [bring, 'pnpm install --frozen-lockfile'], nx: 'pnpm exec nx' };
  }
  const yarn = read('yarn.lock');
  if (yarn?.includes('# yarn lockfile v1') === true)
    return {
      commands: ['npm install --global yarn@1', 'yarn install --frozen-lockfile'],
      nx: 'yarn nx',
    };
  if (yarn !== undefined)
    return { commands: ['corepack enable', 'yarn install --immutable'], nx: 'yarn nx' };
  if (tree.exists('bun.lock') || tree.exists('bun.lockb'))
    return {
      commands: ['npm install --global bun', 'bun install --frozen-lockfile'],
      nx: 'bunx nx',
    };
  const isLocked = tree.exists('package-lock.json');
  return { commands: [isLocked ? 'npm ci' : 'npm install'], nx: 'npx nx' };
}

/** The major version of pnpm that writes a lock file. */
function pnpmFor(lock: string): number {
  const [, version = '9'] = /^lockfileVersion:\s*'?(\d+)/m.exec(lock) ?? [];
  return { '5': 7, '6': 8 }[version] ?? 9;
}
