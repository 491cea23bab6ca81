import type { ExecutorContext } from '@nx/devkit';
import type { GitFacts } from './git-facts.js';
import type { ReleaseGroup } from './release-group.js';

/** The versions that `nx release` resolved before it publishes, by project. */
export type VersionData = Readonly<
  Record<string, { readonly newVersion?: string | null; readonly dockerVersion?: string | null }>
>;

/**
 * The version of an image that is being released: what `nx release` resolved, else that of a tag of git at this commit which
 * fits the pattern of its release group.
 *
 * @returns null if `nx release` found that it gets no new version; undefined if there is none
 */
export function releasedVersion(
  { projectName = '' }: ExecutorContext,
  { tagPattern, name }: ReleaseGroup,
  { data, git }: { readonly data: VersionData | undefined; readonly git: GitFacts },
): string | null | undefined {
  const resolved = data?.[projectName];
  if (resolved) return resolved.newVersion ?? null;
  const pattern = escaped(tagPattern)
    .replaceAll('\\{projectName\\}', escaped(projectName))
    .replaceAll('\\{releaseGroupName\\}', escaped(name))
    .replace('\\{version\\}', String.raw`(\d+\.\d+\.\d+(?:[-+][\w.+-]*)?)`);
  const expression = new RegExp(`^${pattern}$`);
  return git.tags.map((tag) => expression.exec(tag)?.[1]).find((each) => each !== undefined);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
