import type { NxJsonConfiguration, ProjectGraphProjectNode } from '@nx/devkit';
import { minimatch } from 'minimatch';

/** The settings of `release` in nx.json for a project. */
export interface ReleaseGroup {
  /** Pattern of the tags of git, as `v{version}`. */
  readonly tagPattern: string;
  readonly name: string;
  /** Whether Nx's docker version schemes apply. */
  readonly isDocker: boolean;
}

/** The part of the configuration that is read; Nx 22 and later have `releaseTag`. */
interface GroupConfig {
  readonly projects?: string | readonly string[];
  readonly projectsRelationship?: 'fixed' | 'independent';
  readonly releaseTag?: { readonly pattern?: string };
  readonly releaseTagPattern?: string;
  readonly docker?: unknown;
}

/** The release group of a project, with the defaults of `nx release`; that of the workspace if no group has it. */
export function releaseGroupOf(
  { release = {} }: Pick<NxJsonConfiguration, 'release'>,
  project: ProjectGraphProjectNode,
): ReleaseGroup {
  const all = release as GroupConfig & { readonly groups?: Readonly<Record<string, GroupConfig>> };
  const found = Object.entries(all.groups ?? {}).find(([, { projects = [] }]) =>
    isMatch([projects].flat(), project),
  );
  const [name, group] = found ?? ['', {}];
  const { projectsRelationship: relationship = all.projectsRelationship ?? 'fixed' } = group;
  const [own, common] = [patternOf(group), patternOf(all)];
  const fixed = found ? '{releaseGroupName}-v{version}' : 'v{version}';
  const independent = common?.includes('{projectName}') ? common : '{projectName}@{version}';
  const { docker } = project.data.release ?? {};
  return {
    name,
    tagPattern: own ?? (relationship === 'independent' ? independent : (common ?? fixed)),
    isDocker: [docker, group.docker, all.docker].some((each) => each !== undefined),
  };
}

function patternOf({ releaseTag, releaseTagPattern }: GroupConfig): string | undefined {
  return releaseTag?.pattern ?? releaseTagPattern;
}

/** Whether patterns of Nx match a project: names, roots, `tag:<tag>`, and exceptions with `!`, the last match wins. */
function isMatch(patterns: readonly string[], { name, data }: ProjectGraphProjectNode): boolean {
  let isIn = patterns[0]?.startsWith('!') ?? false;
  for (const pattern of patterns) {
    const isException = pattern.startsWith('!');
    const [, kind, text = ''] = /^(?:(tag|name|directory):)?(.*)$/.exec(
      isException ? pattern.slice(1) : pattern,
    ) as unknown as [string, string | undefined, string];
    const subjects =
      kind === 'tag' ? (data.tags ?? []) : kind === 'directory' ? [data.root] : [name, data.root];
    if (subjects.some((each) => minimatch(each, text) || text === '*')) isIn = !isException;
  }
  return isIn;
}

/** Why images are in no release group with `docker:`: Nx's docker version schemes would need each image in an engine. */
export function dockerRefusal(project: string): {
  readonly message: string;
  readonly hint: string;
} {
  return {
    message: `${project}: expected a release group without docker:, got one with it`,
    hint: "Nx's docker version schemes call docker tag on a loaded image, and images of Stowage are released without an engine. Give docker: in nx.json to the groups that need it, and images a group of their own.",
  };
}
