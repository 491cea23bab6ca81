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
  /** `linux/amd64`: what is built for when a definition names none. */
  readonly platform: string;
  /** Names of all images of the workspace. */
  readonly known: ReadonlySet<string>;
  /** Their bases are no dependencies: running one says what is wrong, and nothing else is held up. */
  readonly inCycles: ReadonlySet<Image>;
}

type Dependency = NonNullable<TargetConfiguration['dependsOn']>[number];

/** The project of one image. */
export function imageProject(
  image: Image,
  options: InferOptions,
): Omit<ProjectConfiguration, 'root'> & { root: string } {
  const { saveTargetName, loadTargetName, buildTargetName } = options.targets;
  const { pushTargetName, verifyTargetName, pruneTargetName, serveTargetName } = options.targets;
  const { reportTargetName: _, ...own } = options.targets;
  const needs = dependenciesOf(image, options);
  const definition = '{projectRoot}/image.yaml';
  return {
    root: image.root,
    name: image.name,
    projectType: 'library',
    tags: ['image'],
    targets: {
      [saveTargetName]: {
        executor: '@stowage/images:save',
        cache: true,
        inputs: inputsOf(image, options.workspaceRoot),
        outputs: outputsOf(image, options),
        dependsOn: needs,
        options: { definition, platforms: platformsOf(image, options) },
        metadata: described(
          `Make ${image.name} and keep it as an archive`,
          'stowage build <definition> --save',
        ),
      },
      [loadTargetName]: {
        executor: '@stowage/images:load',
        cache: false,
        dependsOn: [saveTargetName],
        options: { definition },
        metadata: described(`Load ${image.name} into an engine`, 'stowage load <name>'),
      },
      [buildTargetName]: {
        executor: '@stowage/images:build',
        cache: false,
        dependsOn: needs,
        options: { definition },
        metadata: described(
          `Make ${image.name} and put it into an engine`,
          'stowage build <definition>',
        ),
      },
      [verifyTargetName]: {
        executor: '@stowage/images:verify',
        cache: false,
        dependsOn: [saveTargetName],
        options: { definition },
        metadata: described(
          `Prove the archive of ${image.name} byte by byte`,
          'stowage verify <name>',
        ),
      },
      [pushTargetName]: {
        executor: '@stowage/images:push',
        cache: false,
        dependsOn: [saveTargetName],
        options: { definition },
        metadata: described(
          `Push ${image.name} to a registry`,
          'stowage push <name> --to <registry>',
        ),
      },
      [pruneTargetName]: {
        executor: '@stowage/images:prune',
        cache: false,
        options: { definition },
        metadata: described(
          `Delete archives of ${image.name} that the rules let go`,
          'stowage prune',
        ),
      },
      [serveTargetName]: serveTarget([image.name], options.targets),
    },
    metadata: {
      technologies: ['oci'],
      description: `The image ${image.name} of ${image.owner.name}`,
      targetGroups: { Image: Object.values(own) },
    },
  };
}

/** The parents on an owner: one target each that runs those of all its images, options forwarded. */
export function ownerTargets(
  images: readonly Image[],
  { targets }: InferOptions,
): Record<string, TargetConfiguration> {
  const projects = images.map(({ name }) => name);
  const parents: Record<string, TargetConfiguration> = Object.fromEntries(
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
    ...parents,
    // One registry has them all.
    [targets.serveTargetName]: serveTarget(projects, targets),
    [targets.reportTargetName]: {
      executor: '@stowage/images:report',
      cache: false,
      metadata: described('Write a page about everything that is kept', 'stowage report -o <file>'),
    },
  };
}

/** A registry over the archives of images, for as long as somebody needs it. */
function serveTarget(names: readonly string[], targets: Targets): TargetConfiguration {
  return {
    executor: '@stowage/images:serve',
    continuous: true,
    dependsOn: [{ projects: [...names], target: targets.saveTargetName }],
    options: { inputs: names },
    metadata: described(`Serve ${names.join(', ')} as a registry`, 'stowage serve <name>'),
  };
}

/** The base's own save task, and what `after:` names. */
function dependenciesOf(image: Image, { targets, known, inCycles }: InferOptions): Dependency[] {
  const { definition, owner } = image;
  if (!definition) return [];
  const base =
    known.has(definition.base) && !inCycles.has(image)
      ? [{ projects: [definition.base], target: targets.saveTargetName }]
      : [];
  return [...base, ...definition.after.map((text) => afterTask(text, owner.name))];
}

/** `build` is a target of the owner; `project:target` says so itself. */
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

function described(
  description: string,
  command: string,
): NonNullable<TargetConfiguration['metadata']> {
  return { technologies: ['oci'], description, help: { command, example: {} } };
}
