import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path/posix';
import type {
  CreateDependencies,
  CreateNodes,
  CreateNodesResult,
  DependencyType,
  RawProjectGraphDependency,
} from '@nx/devkit';
import {
  formatPlatform,
  parsePlatform,
  parseSettings,
  SETTINGS_FILE,
} from '@stowage/core/definition';
import { imagesInCycles } from './infer/cycle.js';
import { externalName, externalNodes } from './infer/external.js';
import { readImages, type Image } from './infer/image.js';
import { normalizeOptions, type ImagesPluginOptions } from './infer/options.js';
import { afterTask, imageProject, ownerTargets, type InferOptions } from './infer/targets.js';

export const name = '@stowage/images';

/**
 * `DependencyType.static`, without loading devkit, which may be missing until `init` has added the version that
 * fits the workspace's Nx.
 */
const STATIC = 'static' as DependencyType.static;
const GLOB = '**/images/*/image.yaml';

/** Infers a project for each definition, and on the project that owns them targets that run those of all its images. */
export const createNodes: CreateNodes<ImagesPluginOptions> = [
  GLOB,
  (files, pluginOptions, { workspaceRoot }) => {
    const images = readImages(files, workspaceRoot);
    const options: InferOptions = {
      targets: normalizeOptions(pluginOptions),
      workspaceRoot,
      imagesFolder: imagesFolder(workspaceRoot),
      platform: formatPlatform(parsePlatform(`linux/${arch()}`)),
      known: new Set(images.map((image) => image.name)),
      inCycles: imagesInCycles(images),
    };
    const own = images.map((image): [string, CreateNodesResult] => [
      image.file,
      {
        projects: { [image.root]: imageProject(image, options) },
        externalNodes: externalNodes([image]) ?? {},
      },
    ]);
    return [...own, ...ownersOf(images, options)];
  },
];

/** The older name of the same: Nx up to 21 reads only this one. */
export const createNodesV2 = createNodes;

/** An image depends on its base, and on the projects whose targets its `after:` names. */
export const createDependencies: CreateDependencies<ImagesPluginOptions> = (
  _options,
  { projects, externalNodes: external = {}, workspaceRoot, fileMap },
) => {
  const files = Object.values(fileMap.projectFileMap).flatMap((each) =>
    each.map(({ file }) => file),
  );
  const images = readImages(
    files.filter((file) => /(?:^|\/)images\/[^/]+\/image\.yaml$/.test(file)),
    workspaceRoot,
  );
  return images.flatMap((image): RawProjectGraphDependency[] => {
    const { definition } = image;
    const after =
      definition?.after.flatMap((text) => afterTask(text, image.owner.name).projects) ?? [];
    const targets = new Set([
      ...(definition ? [definition.base] : []),
      ...(image.lock ? [externalName(image.lock)] : []),
      ...after,
    ]);
    const isThere = (target: string) => target in projects || target in external;
    return [...targets]
      .filter((target) => target !== image.name && isThere(target) && image.name in projects)
      .map((target) => ({
        source: image.name,
        target,
        sourceFile: image.file,
        type: STATIC,
      }));
  });
};

/** Collects the images of each owner first: of two results for one target only the last would count. */
function ownersOf(images: readonly Image[], options: InferOptions): [string, CreateNodesResult][] {
  const byOwner = new Map<string, Image[]>();
  for (const image of images) {
    if (image.owner.isProject)
      byOwner.set(image.owner.root, [...(byOwner.get(image.owner.root) ?? []), image]);
  }
  return [...byOwner].map(([root, owned]) => [
    owned[0]?.file ?? GLOB,
    {
      projects: {
        [root]: { root, name: owned[0]?.owner.name ?? root, targets: ownerTargets(owned, options) },
      },
    },
  ]);
}

/** Invalid settings must not break the project graph: every target reports their error when it runs. */
function imagesFolder(workspaceRoot: string): string {
  try {
    const path = join(workspaceRoot, SETTINGS_FILE);
    return parseSettings({ text: readFileSync(path, 'utf8'), path: SETTINGS_FILE }).images;
  } catch {
    return 'images';
  }
}
