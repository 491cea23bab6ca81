import { createRequire } from 'node:module';
import type * as NxRelease from 'nx/release';
import { dockerRefusal } from './release-group.js';

// Nx 22 names no entry point that an ES module can import.
const { VersionActions } = createRequire(import.meta.url)('nx/release') as typeof NxRelease;

/** Version of an image before its first release. */
const NONE = '0.0.0';

/**
 * How `nx release version` versions an image: tags of git say which version it has, and no file is written, because a version
 * in an image would give it another digest.
 */
export default class ImageVersionActions extends VersionActions {
  readonly validManifestFilenames: string[] = [];

  override async init(...args: Parameters<NxRelease.VersionActions['init']>): Promise<void> {
    const { dockerOptions } = this.finalConfigForProject;
    if (Object.keys(dockerOptions).length > 0) {
      const { message, hint } = dockerRefusal(this.projectGraphNode.name);
      throw new Error(`${message}. ${hint}`);
    }
    return super.init(...args);
  }

  /** The version before a first release, when there is no tag yet. */
  readCurrentVersionFromSourceManifest(): Promise<{
    currentVersion: string;
    manifestPath: string;
  }> {
    return Promise.resolve({ currentVersion: NONE, manifestPath: 'none, as for every image' });
  }

  readCurrentVersionFromRegistry(): Promise<null> {
    return Promise.resolve(null);
  }

  readCurrentVersionOfDependency(): Promise<{ currentVersion: null; dependencyCollection: null }> {
    return Promise.resolve({ currentVersion: null, dependencyCollection: null });
  }

  updateProjectVersion(_tree: unknown, version: string): Promise<string[]> {
    return Promise.resolve([`🏷️  The image gets version ${version} when it is published`]);
  }

  updateProjectDependencies(): Promise<string[]> {
    return Promise.resolve([]);
  }
}
