import { spawnSync } from 'node:child_process';

/** Facts about the commit that is released, from git; empty outside a repository. */
export interface GitFacts {
  /** Full hash of the commit. */
  readonly revision?: string;
  /** When it was made, ISO 8601. */
  readonly committed?: string;
  /** https address of the repository, without a user. */
  readonly source?: string;
  /** Tags of the commit, the newest version first. */
  readonly tags: readonly string[];
}

export function gitFactsOf(root: string): GitFacts {
  const git = (...args: readonly string[]): string => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : '';
  };
  const [revision = '', committed = ''] = git('log', '-1', '--format=%H%n%cI').split('\n');
  const source = sourceOf(git('remote', 'get-url', 'origin'));
  const tags = git('tag', '--points-at', 'HEAD', '--sort=-version:refname').split('\n');
  return {
    ...(revision === '' ? {} : { revision, committed: new Date(committed).toISOString() }),
    ...(source === undefined ? {} : { source }),
    tags: tags.filter((each) => each !== ''),
  };
}

/** The address of a remote repository for a browser; a user name or a password in it is left out. */
export function sourceOf(remote: string): string | undefined {
  const [, host, path = ''] =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+(?::[0-9]+)?)\/(.+)$/.exec(remote) ??
    /^(?:[^@/:]+@)?([^@/:]{2,}):(?!\/\/)\/?(.+)$/.exec(remote) ??
    [];
  if (host === undefined) return undefined;
  // The port of ssh is not that of a browser.
  const shown = remote.startsWith('http') ? host : host.replace(/:.*$/, '');
  return `https://${shown}/${path.replace(/\/+$/, '').replace(/\.git$/, '')}`;
}
