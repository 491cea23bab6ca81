import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { formatPlatform } from '@stowage/core/definition';
import type { Image } from './image.js';
import { inputsOf } from './inputs.js';
import type { Targets } from './options.js';
import { outputsOf } from './outputs.js';
import { afterTask, baseProject } from './project-names.js';
import { releaseOf, releaseTarget } from './release.js';

export interface InferOptions {
  readonly targets: Targets;
  readonly workspaceRoot: string;
  /** The folder of archives, relative to the workspace. */
  readonly imagesFolder: string;
  /** Whether the workspace has a share, which holds the images that are not built here. */
  readonly isShared: boolean;
  /** Target platform of a definition that names none, as `linux/amd64`. */
  readonly platform: string;
  /** Images in a cycle of bases. Their bases become no dependencies, so only running such an image fails. */
  readonly inCycles: ReadonlySet<Image>;
}

type Dependency = NonNullable<TargetConfiguration['dependsOn']>[number];

/** The project of one image. */
export function imageProject(
  image: Image,
  options: InferOptions,
): Omit<ProjectConfiguration, 'root'> & { root: string } {
  const { owner, definition } = image;
  const targets = imageTargets(image, options);
  return {
    root: image.root,
    name: image.name,
    projectType: 'library',
    // `nx run-many -t image-save -p tag:image:app` makes the images of one project that has no targets of an owner.
    tags: ['image', ...(definition ? [`image:${definition.project}`] : [])],
    targets,
    release: releaseOf(options.workspaceRoot),
    metadata: {
      technologies: ['oci'],
      description: `The image ${image.name} of ${owner.name ?? owner.root}`,
      targetGroups: groupsOf(targets),
    },
  };
}

/** The group of targets in Nx Console. Nx 22.7 runs no task of a project whose group has a target that is not there. */
export function groupsOf(targets: object): { Image: string[] } {
  return { Image: Object.keys(targets) };
}

/** A target that images and their owners have: only its executor, or also that of an owner, has the options. */
interface TargetKind {
  readonly key: keyof Targets;
  readonly executor: string;
  /** A sentence about images, as `app-ubuntu-25.04-gcc15`. */
  readonly description: (images: string) => string;
  /** Options that show how the target is used. */
  readonly example: Readonly<Record<string, unknown>>;
}

const KINDS: readonly TargetKind[] = [
  {
    key: 'saveTargetName',
    executor: 'save',
    description: (images) => `Make ${images} and keep it as an archive`,
    example: { force: true },
  },
  {
    key: 'loadTargetName',
    executor: 'load',
    description: (images) => `Load ${images} into an engine`,
    example: { engine: 'docker' },
  },
  {
    key: 'archiveTargetName',
    executor: 'archive',
    description: (images) => `Make the archive of ${images}, also if only the share has the image`,
    example: {},
  },
  {
    key: 'buildTargetName',
    executor: 'build',
    description: (images) => `Make ${images} and put it into an engine`,
    example: { engine: 'docker' },
  },
  {
    key: 'verifyTargetName',
    executor: 'verify',
    description: (images) => `Prove the archive of ${images} byte by byte`,
    example: {},
  },
  {
    key: 'pushTargetName',
    executor: 'push',
    description: (images) => `Push ${images} to a registry`,
    example: { to: 'registry.example.com/team' },
  },
  {
    key: 'pruneTargetName',
    executor: 'prune',
    description: (images) => `Delete archives of ${images} that the rules let go`,
    example: { dryRun: true },
  },
];

function imageTargets(image: Image, options: InferOptions): Record<string, TargetConfiguration> {
  const { targets } = options;
  const afterSave = [targets.saveTargetName];
  const dependsOn: Partial<Record<keyof Targets, Dependency[]>> = {
    saveTargetName: dependenciesOf(image, options),
    buildTargetName: dependenciesOf(image, options),
    loadTargetName: afterSave,
    archiveTargetName: afterSave,
    verifyTargetName: afterSave,
    pushTargetName: afterSave,
  };
  const configured = KINDS.map((kind): [string, TargetConfiguration] => {
    const needs = dependsOn[kind.key];
    const target: TargetConfiguration = {
      executor: `@stowage/images:${kind.executor}`,
      // The results of other targets are outside the workspace, so that they always run.
      ...(kind.key === 'saveTargetName' ? cachedAs(image, options) : { cache: false }),
      ...(needs ? { dependsOn: needs } : {}),
      options: {
        definition: '{projectRoot}/image.yaml',
        ...(kind.key === 'saveTargetName' ? { platforms: platformsOf(image, options) } : {}),
      },
      metadata: metadataOf(kind.description(image.name), image.name, targets[kind.key], kind),
    };
    return [targets[kind.key], target];
  });
  return {
    ...Object.fromEntries(configured),
    [targets.runTargetName]: runTarget(image.name, targets),
    [targets.serveTargetName]: serveTarget([image.name], image.name, targets),
    ...releaseTarget(image.name, targets.saveTargetName),
  };
}

/** A continuous task: a container of what the load target has loaded. */
function runTarget(name: string, targets: Targets): TargetConfiguration {
  return {
    executor: '@stowage/images:run',
    continuous: true,
    dependsOn: [targets.loadTargetName],
    options: { definition: '{projectRoot}/image.yaml' },
    metadata: metadataOf(`Run ${name} as a container`, name, targets.runTargetName, {
      example: { ports: ['8080:80'] },
    }),
  };
}

/** Nx caches the archive of an image and its record. */
function cachedAs(image: Image, options: InferOptions): TargetConfiguration {
  return {
    cache: true,
    inputs: inputsOf(image, options.workspaceRoot),
    outputs: outputsOf(image, options),
  };
}

/**
 * Targets of an owner: each runs the target of the same name of all its images, and forwards options. It has their
 * executor, so that `--help` shows these options; the executor itself does nothing there.
 */
export function ownerTargets(
  images: readonly Image[],
  { targets }: InferOptions,
): Record<string, TargetConfiguration> {
  const names = images.map(({ name }) => name);
  const owner = images[0]?.owner;
  const project = owner?.name ?? '<project>';
  const forwarded = KINDS.map((kind): [string, TargetConfiguration] => [
    targets[kind.key],
    {
      executor: `@stowage/images:${kind.executor}`,
      cache: false,
      dependsOn: [{ projects: names, target: targets[kind.key], params: 'forward' }],
      options: { images: names },
      metadata: metadataOf(kind.description(names.join(', ')), project, targets[kind.key], kind),
    },
  ]);
  return {
    ...Object.fromEntries(forwarded),
    // One registry serves all images.
    [targets.serveTargetName]: serveTarget(names, project, targets),
    [targets.reportTargetName]: {
      executor: '@stowage/images:report',
      cache: false,
      metadata: metadataOf(
        'Write a page about everything that is kept',
        project,
        targets.reportTargetName,
        { example: { output: 'report.html' } },
      ),
    },
  };
}

/** A continuous task: a registry over the archives of images. */
function serveTarget(
  names: readonly string[],
  project: string,
  targets: Targets,
): TargetConfiguration {
  return {
    executor: '@stowage/images:serve',
    continuous: true,
    dependsOn: [{ projects: [...names], target: targets.saveTargetName }],
    options: { inputs: names },
    metadata: metadataOf(
      `Serve ${names.join(', ')} as a registry`,
      project,
      targets.serveTargetName,
      { example: { listen: '127.0.0.1:5000' } },
    ),
  };
}

/** The save task of the base, and the tasks of `after:`. */
function dependenciesOf(image: Image, { targets, inCycles }: InferOptions): Dependency[] {
  const { definition, owner } = image;
  if (!definition) return [];
  const base = inCycles.has(image) ? undefined : baseProject(definition);
  return [
    ...(base === undefined ? [] : [{ projects: [base], target: targets.saveTargetName }]),
    ...definition.after.map((text) => {
      const { project, target } = afterTask(text, owner);
      return { projects: [project], target };
    }),
  ];
}

function platformsOf({ definition }: Image, { platform }: InferOptions): string[] {
  const named = definition?.platforms.map(formatPlatform) ?? [];
  return named.length > 0 ? named : [platform];
}

function metadataOf(
  description: string,
  project: string,
  target: string,
  { example }: Pick<TargetKind, 'example'>,
): NonNullable<TargetConfiguration['metadata']> {
  const command = `npx nx run ${project}:${target} --help`;
  return { technologies: ['oci'], description, help: { command, example: { options: example } } };
}
