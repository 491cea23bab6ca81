import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path/posix';
import type {
  CreateDependencies,
  CreateNodes,
  CreateNodesResult,
  DependencyType,
  NxJsonConfiguration,
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
import { markersOf } from './infer/markers.js';
import { normalizeOptions, type ImagesPluginOptions } from './infer/options.js';
import { Owners } from './infer/owner.js';
import { workspacePackages } from './infer/packages.js';
import { parseCacheOf } from './infer/parse-cache.js';
import { afterTask, baseProject } from './infer/project-names.js';
import { groupsOf, imageProject, ownerTargets, type InferOptions } from './infer/targets.js';

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
  (files, pluginOptions, { workspaceRoot, nxJsonConfiguration }) => {
    const owners = ownersIn(workspaceRoot, nxJsonConfiguration, pluginOptions);
    const settings = settingsOf(workspaceRoot);
    const images = readImages(files, workspaceRoot, owners);
    const options: InferOptions = {
      targets: normalizeOptions(pluginOptions),
      workspaceRoot,
      ...settings,
      platform: formatPlatform(parsePlatform(`linux/${arch()}`)),
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
  options,
  { projects, externalNodes: external = {}, workspaceRoot, fileMap, nxJsonConfiguration },
) => {
  const files = Object.values(fileMap.projectFileMap).flatMap((each) =>
    each.map(({ file }) => file),
  );
  const images = readImages(
    files.filter((file) => /(?:^|\/)images\/[^/]+\/image\.yaml$/.test(file)),
    workspaceRoot,
    ownersIn(workspaceRoot, nxJsonConfiguration, options),
  );
  const named = new Map(Object.entries(projects).map(([name, { root }]) => [root, name]));
  return images.flatMap((image): RawProjectGraphDependency[] => {
    const { definition, owner } = image;
    const after = definition?.after.map((text) => afterTask(text, owner).project) ?? [];
    const targets = new Set([
      ...(definition ? [baseProject(definition)] : []),
      ...(image.lock ? [externalName(image.lock)] : []),
      ...after.map((each) => named.get(each.replace(/^directory:/, '')) ?? each),
    ]);
    const isThere = (target: string | undefined): target is string =>
      target !== undefined && (target in projects || target in external);
    return [...targets]
      .filter(isThere)
      .filter((target) => target !== image.name && image.name in projects)
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
  return [...byOwner].map(([root, owned]) => {
    const targets = ownerTargets(owned, options);
    return [
      owned[0]?.file ?? GLOB,
      {
        projects: {
          [root]: {
            root,
            // A project that another plugin infers keeps the name that this plugin gives it.
            ...(owned[0]?.owner.name === undefined ? {} : { name: owned[0].owner.name }),
            targets,
            metadata: { targetGroups: groupsOf(targets) },
          },
        },
      },
    ];
  });
}

function ownersIn(
  workspaceRoot: string,
  nxJson: NxJsonConfiguration,
  options: ImagesPluginOptions | undefined,
): Owners {
  return new Owners({
    workspaceRoot,
    isMarker: markersOf(nxJson, options?.ownerMarkers),
    isPackage: workspacePackages(workspaceRoot),
  });
}

/** Invalid settings must not break the project graph: every target reports their error when it runs. */
function settingsOf(workspaceRoot: string): Pick<InferOptions, 'imagesFolder' | 'isShared'> {
  const found = { imagesFolder: 'images', isShared: false };
  try {
    const text = readFileSync(join(workspaceRoot, SETTINGS_FILE), 'utf8');
    const parse = () => {
      const { images, share } = parseSettings({ text, path: SETTINGS_FILE });
      return { imagesFolder: images, isShared: share !== undefined };
    };
    return parseCacheOf(workspaceRoot).parse(SETTINGS_FILE, text, parse) ?? found;
  } catch {
    return found;
  }
}
