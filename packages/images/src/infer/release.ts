import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';

/** The target that `nx release publish` runs. */
const TARGET = 'nx-release-publish';

/** The path of the version actions, as Nx resolves it: relative to the workspace, where no package manager hides it. */
export function releaseOf(
  workspaceRoot: string,
  actions = fileURLToPath(new URL('../release/version-actions.js', import.meta.url)),
): NonNullable<ProjectConfiguration['release']> {
  const versionActions = relative(workspaceRoot, actions).replaceAll('\\', '/');
  // There is no file with a version, whatever the defaults of the workspace are.
  return {
    version: { versionActions, currentVersionResolver: 'git-tag', manifestRootsToUpdate: [] },
  };
}

/** Publishes an image that was saved, under the version that `nx release` resolved. */
export function releaseTarget(name: string, save: string): Record<string, TargetConfiguration> {
  const target: TargetConfiguration = {
    executor: '@stowage/images:release-publish',
    cache: false,
    dependsOn: [save],
    options: { definition: '{projectRoot}/image.yaml' },
    metadata: {
      technologies: ['oci'],
      description: `Publish ${name} as the version that nx release resolved`,
      help: {
        command: `npx nx run ${name}:${TARGET} --help`,
        example: { options: { registry: 'registry.example.com/team' } },
      },
    },
  };
  return { [TARGET]: target };
}
