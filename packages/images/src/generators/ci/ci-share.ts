import { spawnSync } from 'node:child_process';
import type { Tree } from '@nx/devkit';
import { ImageError, parseSettings, SETTINGS_FILE } from '@stowage/core/definition';

/** Where the workflow runs. */
export type CiProvider = 'github' | 'gitlab';

/** The remote of a repository. */
export interface Remote {
  readonly host: string;
  /** `OWNER/REPOSITORY`, in lower case, as registries need it. */
  readonly path: string;
}

/** The remote `origin`; undefined if there is none. */
export function remoteOf(root: string): Remote | undefined {
  const { status, stdout } = spawnSync('git', ['remote', 'get-url', 'origin'], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? parseRemote(stdout.trim()) : undefined;
}

/** Parses `https://HOST/OWNER/REPOSITORY.git`, `ssh://git@HOST/…` and `git@HOST:OWNER/REPOSITORY.git`. */
export function parseRemote(url: string): Remote | undefined {
  const [, host, path] =
    /^(?:(?:https?|ssh):\/\/)?(?:[^@/]+@)?([\w.-]+)(?::\d+)?[:/]((?:[\w.-]+\/)+[\w.-]+?)(?:\.git)?\/?$/.exec(
      url,
    ) ?? [];
  return host === undefined || path === undefined
    ? undefined
    : { host: host.toLowerCase(), path: path.toLowerCase() };
}

/**
 * The share that the jobs use: the one in `stowage.yaml`; else the given one, or the registry of the provider, which is added
 * there.
 *
 * @returns the host of its registry
 * @throws ImageError USAGE (no share, and no remote to derive it from)
 */
export function addShare(
  tree: Tree,
  { provider, remote, share }: { provider: CiProvider; remote: Remote | undefined; share?: string },
): string {
  const text = tree.read(SETTINGS_FILE, 'utf8') ?? '';
  const { share: known } = parseSettings({ text, path: SETTINGS_FILE });
  if (known) return known.repository.registry;
  const repository = share ?? (remote && defaultShare(provider, remote));
  if (repository === undefined)
    throw new ImageError('USAGE', 'share: the repository of a registry is missing', {
      hint: 'Give --share=HOST/REPOSITORY, or add the remote origin first.',
    });
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const added = `${before}\n# The registry that is the build cache of all machines; CI publishes to it on the default branch.\nshare:\n  repository: ${JSON.stringify(repository)}\n`;
  const parsed = parseSettings({ text: added, path: SETTINGS_FILE });
  tree.write(SETTINGS_FILE, added);
  return parsed.share?.repository.registry ?? '';
}

function defaultShare(provider: CiProvider, { host, path }: Remote): string {
  return provider === 'github' ? `ghcr.io/${path}/images` : `registry.${host}/${path}/images`;
}
