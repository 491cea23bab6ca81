import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { formatPlatform } from '@stowage/core/definition';
import type { Image } from './image.js';
import { inputsOf } from './inputs.js';
import type { Targets } from './options.js';

export interface InferOptions {
  readonly targets: Targets;
  readonly workspaceRoot: string;
  /** The folder of archives, relative to the workspace. */
  readonly imagesFolder: string;
  /** Target platform of a definition that names none, as `linux/amd64`. */
  readonly platform: string;
  /** Names of all images of the workspace. */
  readonly known: ReadonlySet<string>;
  /** Images in a cycle of bases. Their bases become no dependencies, so only running such an image fails. */
  readonly inCycles: ReadonlySet<Image>;
}

type Dependency = NonNullable<TargetConfiguration['dependsOn']>[number];

/** The project of one image. */
export function imageProject(
  image: Image,
  options: InferOptions,
): Omit<ProjectConfiguration, 'root'> & { root: string } {
  const { reportTargetName: _, ...own } = options.targets;
  return {
    root: image.root,
    name: image.name,
    projectType: 'library',
    tags: ['image'],
    targets: imageTargets(image, options),
    metadata: {
      technologies: ['oci'],
      description: `The image ${image.name} of ${image.owner.name}`,
      targetGroups: { Image: Object.values(own) },
    },
  };
}

function imageTargets(image: Image, options: InferOptions): Record<string, TargetConfiguration> {
  const { targets } = options;
  const afterSave = { dependsOn: [targets.saveTargetName] };
  return {
    [targets.saveTargetName]: saveTarget(image, options),
    [targets.loadTargetName]: {
      ...uncached('load', `Load ${image.name} into an engine`, 'stowage load <name>'),
      ...afterSave,
    },
    [targets.buildTargetName]: {
      ...uncached(
        'build',
        `Make ${image.name} and put it into an engine`,
        'stowage build <definition>',
      ),
      dependsOn: dependenciesOf(image, options),
    },
    [targets.verifyTargetName]: {
      ...uncached(
        'verify',
        `Prove the archive of ${image.name} byte by byte`,
        'stowage verify <name>',
      ),
      ...afterSave,
    },
    [targets.pushTargetName]: {
      ...uncached(
        'push',
        `Push ${image.name} to a registry`,
        'stowage push <name> --to <registry>',
      ),
      ...afterSave,
    },
    [targets.pruneTargetName]: uncached(
      'prune',
      `Delete archives of ${image.name} that the rules let go`,
      'stowage prune',
    ),
    [targets.serveTargetName]: serveTarget([image.name], targets),
  };
}

const DEFINITION = '{projectRoot}/image.yaml';

/** The target that makes the archive: the only one that Nx caches. */
function saveTarget(image: Image, options: InferOptions): TargetConfiguration {
  return {
    executor: '@stowage/images:save',
    cache: true,
    inputs: inputsOf(image, options.workspaceRoot),
    outputs: outputsOf(image, options),
    dependsOn: dependenciesOf(image, options),
    options: { definition: DEFINITION, platforms: platformsOf(image, options) },
    metadata: metadataOf(
      `Make ${image.name} and keep it as an archive`,
      'stowage build <definition> --save',
    ),
  };
}

/** A target of a definition whose result is outside the workspace, so that it always runs. */
function uncached(executor: string, description: string, command: string): TargetConfiguration {
  return {
    executor: `@stowage/images:${executor}`,
    cache: false,
    options: { definition: DEFINITION },
    metadata: metadataOf(description, command),
  };
}

/** Targets of an owner: each runs the target of the same name of all its images, and forwards options. */
export function ownerTargets(
  images: readonly Image[],
  { targets }: InferOptions,
): Record<string, TargetConfiguration> {
  const projects = images.map(({ name }) => name);
  const targetsByName: Record<string, TargetConfiguration> = Object.fromEntries(
    Object.values(targets).map((target) => [
      target,
      {
        executor: 'nx:noop',
        dependsOn: [{ projects, target, params: 'forward' as const }],
        metadata: { technologies: ['oci'], description: `${target} for ${projects.join(', ')}` },
      },
    ]),
  );
  return {
    ...targetsByName,
    // One registry serves all images.
    [targets.serveTargetName]: serveTarget(projects, targets),
    [targets.reportTargetName]: {
      executor: '@stowage/images:report',
      cache: false,
      metadata: metadataOf(
        'Write a page about everything that is kept',
        'stowage report -o <file>',
      ),
    },
  };
}

/** A continuous task: a registry over the archives of images. */
function serveTarget(names: readonly string[], targets: Targets): TargetConfiguration {
  return {
    executor: '@stowage/images:serve',
    continuous: true,
    dependsOn: [{ projects: [...names], target: targets.saveTargetName }],
    options: { inputs: names },
    metadata: metadataOf(`Serve ${names.join(', ')} as a registry`, 'stowage serve <name>'),
  };
}

/** The save task of the base, and the tasks of `after:`. */
function dependenciesOf(image: Image, { targets, known, inCycles }: InferOptions): Dependency[] {
  const { definition, owner } = image;
  if (!definition) return [];
  const base =
    known.has(definition.base) && !inCycles.has(image)
      ? [{ projects: [definition.base], target: targets.saveTargetName }]
      : [];
  return [...base, ...definition.after.map((text) => afterTask(text, owner.name))];
}

/** Parses an entry of `after:`: `target` of the owner, or `project:target`. */
export function afterTask(text: string, owner: string): { projects: string[]; target: string } {
  const colon = text.lastIndexOf(':');
  return colon < 0
    ? { projects: [owner], target: text }
    : { projects: [text.slice(0, colon)], target: text.slice(colon + 1) };
}

function outputsOf({ name, definition }: Image, { imagesFolder }: InferOptions): string[] {
  if (!definition) return [];
  const archive = `{workspaceRoot}/${imagesFolder}/${definition.project}/${name}`;
  return [`${archive}.tar`, `${archive}.image.json`];
}

function platformsOf({ definition }: Image, { platform }: InferOptions): string[] {
  const named = definition?.platforms.map(formatPlatform) ?? [];
  return named.length > 0 ? named : [platform];
}

function metadataOf(
  description: string,
  command: string,
): NonNullable<TargetConfiguration['metadata']> {
  return { technologies: ['oci'], description, help: { command, example: {} } };
}
