import { relative } from 'node:path/posix';
import {
  formatFiles,
  getProjects,
  joinPathFragments,
  updateProjectConfiguration,
  type ProjectConfiguration,
  type Tree,
} from '@nx/devkit';
import {
  DEFINITION_FILE,
  formatName,
  ImageError,
  shortList,
  SETTINGS_FILE,
} from '@stowage/core/definition';
import { parseDocument, stringify } from 'yaml';
import { log, printing } from '../../log.js';
import initGenerator from '../init/generator.js';
import { definitionsIn } from '../definitions-in.js';
import { headOf } from '../image/workflow.js';
import { ignoreArchives } from '../init/ignore-archives.js';
import { projectPart } from '../project-part.js';
import { containerBuild, type Build } from './container-build.js';
import { osOf } from './dockerfile-os.js';

export interface ConvertGeneratorSchema {
  readonly project?: string;
  readonly images?: string;
  readonly keepTargets?: boolean;
  readonly skipFormat?: boolean;
}

const CATALOG = 'image-registry.yml';
const EXECUTORS = ['@nx-tools/nx-container:build', '@nx-tools/nx-docker:build'];

/** Adopts Dockerfiles, container targets and archives of a workspace; logs and keeps those that it cannot adopt. */
export default function convertGenerator(
  tree: Tree,
  schema: ConvertGeneratorSchema,
): Promise<void> {
  return printing(() => generate(tree, schema));
}

async function generate(tree: Tree, schema: ConvertGeneratorSchema): Promise<void> {
  const projects = getProjects(tree);
  if (schema.project !== undefined && !projects.has(schema.project))
    throw new ImageError(
      'NOT_FOUND',
      `project: no project ${JSON.stringify(schema.project)}; the projects are ${shortList([...projects.keys()]) || 'none'}`,
    );
  await initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  adoptArchives(tree, schema.images);
  const files = new Map([...definitionsIn(tree)].map(([file, { name }]) => [name, file]));
  for (const [owner, project] of projects) {
    if (schema.project !== undefined && schema.project !== owner) continue;
    const builds = buildsOf(tree, project);
    const converted = builds
      .filter((build) => {
        const isOnly = builds.length === 1;
        return attempt(tree, { owner, root: project.root, build, isOnly, files });
      })
      .flatMap(({ target }) => target ?? []);
    if (schema.keepTargets || converted.length === 0) continue;
    const targets = Object.entries(project.targets ?? {}).filter(
      ([key]) => !converted.includes(key),
    );
    updateProjectConfiguration(tree, owner, { ...project, targets: Object.fromEntries(targets) });
  }
  if (!schema.skipFormat) await formatFiles(tree);
}

/** Sets the folder of archives in the settings; an older catalog in it needs no conversion. */
function adoptArchives(tree: Tree, images: string | undefined): void {
  const folder = images ?? tree.children('.').find((each) => tree.exists(`${each}/${CATALOG}`));
  if (folder === undefined) return;
  const document = parseDocument(tree.read(SETTINGS_FILE, 'utf8') ?? '');
  if ((document.get('images') ?? 'images') === folder) return;
  document.set('images', folder);
  tree.write(SETTINGS_FILE, document.toString());
  ignoreArchives(tree);
  log.info(
    `${folder}: holds the archives now (${SETTINGS_FILE}); stowage doctor lists what to repair`,
  );
}

function buildsOf(tree: Tree, { root, targets = {} }: ProjectConfiguration): Build[] {
  const builds = Object.entries(targets).flatMap(([name, target]) =>
    EXECUTORS.includes(target.executor ?? '') ? [containerBuild(tree, root, name, target)] : [],
  );
  const dockerfile = joinPathFragments(root, 'Dockerfile');
  const isKnown = builds.some((build) => build.dockerfile === dockerfile);
  // @nx/docker infers a target from this file, without an entry in project.json.
  return !isKnown && tree.exists(dockerfile)
    ? [...builds, { dockerfile, context: root, notTaken: [] }]
    : builds;
}

interface Adoption {
  readonly owner: string;
  readonly root: string;
  readonly build: Build;
  /** Whether the project builds no other image. */
  readonly isOnly: boolean;
  /** Definitions by the name of their image, old and new. */
  readonly files: Map<string, string>;
}

/** Adopts a build; one that cannot be adopted is logged, and does not stop the others. @returns whether its target may go */
function attempt(tree: Tree, adoption: Adoption): boolean {
  const { owner, build } = adoption;
  const what = build.target === undefined ? build.dockerfile : `${owner}:${build.target}`;
  try {
    const name = adopt(tree, adoption);
    log.info(`${what}: is ${name} now: nx run ${name}:image-build, image-save, image-push`);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    log.warn(`${what}: not converted: ${error.message}${error.hint ? `. ${error.hint}` : ''}`);
    return false;
  }
  for (const each of build.notTaken) log.warn(`${what}: not taken: ${each.what}: ${each.reason}`);
  const isKept = build.notTaken.some((each) => !each.isReplaced);
  if (isKept) log.warn(`${what}: stays, because of what was not taken; remove it by hand`);
  return !isKept;
}

/** Writes the definition of a build. @returns the name of the image. @throws ImageError if it cannot be defined */
function adopt(tree: Tree, { owner, root, build, isOnly, files }: Adoption): string {
  const { target, dockerfile, context, args, labels, stage, network, platforms, after } = build;
  const content = tree.read(dockerfile, 'utf8');
  if (content === null) throw new ImageError('NOT_FOUND', `${dockerfile}: no such file`);
  const os = osOf(content, args);
  if (os === undefined)
    throw new ImageError('NAMING', 'its last FROM has no name with a version', {
      hint: `nx g @stowage/images:image --project=${owner} --content=dockerfile --os=… makes a definition.`,
    });
  const project = projectPart(owner);
  const variant =
    isOnly || target === undefined ? 'default' : target.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name = formatName({ project, os, variant });
  const folder = joinPathFragments(root, 'images', `${os}-${variant}`);
  const path = joinPathFragments(folder, DEFINITION_FILE);
  const taken = files.get(name);
  if (taken !== undefined && taken !== path)
    throw new ImageError('NAMING', `the name ${name} is that of ${taken} already`, {
      hint: 'Write image.yaml by hand with another project:.',
    });
  files.set(name, path);
  if (tree.exists(path)) {
    log.info(`${path} exists already and was not changed`);
    return name;
  }
  const definition = {
    project,
    os,
    variant,
    dockerfile: relative(context, dockerfile),
    context: relative(folder, context),
    ...(args ? { args } : {}),
    ...(labels ? { labels } : {}),
    ...(stage === undefined ? {} : { target: stage }),
    ...(network === undefined ? {} : { network }),
    ...(platforms ? { platforms } : {}),
    ...(after ? { after } : {}),
  };
  tree.write(path, `${headOf(path, name).join('\n')}\n${stringify(definition)}`);
  return name;
}
