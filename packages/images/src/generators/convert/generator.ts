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
import { headOf } from '../image/workflow.js';
import { osOf } from './dockerfile-os.js';

export interface ConvertGeneratorSchema {
  readonly project?: string;
  readonly images?: string;
  readonly keepTargets?: boolean;
  readonly skipFormat?: boolean;
}

const CATALOG = 'image-registry.yml';
const EXECUTORS = ['@nx-tools/nx-container:build', '@nx-tools/nx-docker:build'];

/** How an image of a project is built before the conversion; paths are relative to the workspace. */
interface Build {
  /** The target that builds it; absent for a Dockerfile that no target names. */
  readonly target?: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly stage?: string;
  readonly platforms?: readonly string[];
}

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
      `project: expected one of ${shortList([...projects.keys()]) || 'none'}, got ${JSON.stringify(schema.project)}`,
    );
  initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  adoptArchives(tree, schema.images);
  for (const [name, project] of projects) {
    if (schema.project !== undefined && schema.project !== name) continue;
    const builds = buildsOf(tree, project);
    const converted = builds
      .filter((build) => adopt(tree, name, project, build, { isOnly: builds.length === 1 }))
      .flatMap(({ target }) => target ?? []);
    if (schema.keepTargets || converted.length === 0) continue;
    const targets = Object.entries(project.targets ?? {}).filter(
      ([key]) => !converted.includes(key),
    );
    updateProjectConfiguration(tree, name, { ...project, targets: Object.fromEntries(targets) });
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
  log.info(
    `${folder}: holds the archives now (${SETTINGS_FILE}); stowage doctor lists what to repair`,
  );
}

function buildsOf(tree: Tree, { root, targets = {} }: ProjectConfiguration): Build[] {
  const builds = Object.entries(targets).flatMap(([name, target]) =>
    EXECUTORS.includes(target.executor ?? '')
      ? [containerBuild(tree, root, name, target.options ?? {})]
      : [],
  );
  const dockerfile = joinPathFragments(root, 'Dockerfile');
  const isKnown = builds.some((build) => build.dockerfile === dockerfile);
  // @nx/docker infers a target from this file, without an entry in project.json.
  return !isKnown && tree.exists(dockerfile) ? [...builds, { dockerfile, context: root }] : builds;
}

/** Reads the options of a target of @nx-tools/nx-container. */
function containerBuild(tree: Tree, root: string, target: string, given: unknown): Build {
  const options = given as Readonly<Record<string, unknown>>;
  const resolvePath = (path: string) =>
    joinPathFragments(path.replaceAll('{projectRoot}', root).replaceAll('{workspaceRoot}', '.'));
  const context = resolvePath(text(options['context']) ?? '.');
  const inContext = joinPathFragments(context, 'Dockerfile');
  const file = text(options['file']);
  const dockerfile =
    file === undefined
      ? tree.exists(inContext)
        ? inContext
        : joinPathFragments(root, 'Dockerfile')
      : resolvePath(file);
  const stage = text(options['target']);
  const platforms = list(options['platforms']);
  const args = list(options['build-args'] ?? options['buildArgs']).map((each) => {
    const at = each.indexOf('=');
    return at < 0 ? ([each, ''] as const) : ([each.slice(0, at), each.slice(at + 1)] as const);
  });
  return {
    target,
    dockerfile,
    context,
    ...(args.length > 0 ? { args: Object.fromEntries(args) } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(platforms.length > 0 ? { platforms } : {}),
  };
}

/** Writes the definition of a build. @returns whether the build has a definition now */
function adopt(
  tree: Tree,
  owner: string,
  { root }: ProjectConfiguration,
  build: Build,
  { isOnly }: { readonly isOnly: boolean },
): boolean {
  const { target, dockerfile, context, args, stage, platforms } = build;
  const content = tree.read(dockerfile, 'utf8');
  const os = content === null ? undefined : osOf(content);
  const what = target === undefined ? dockerfile : `${owner}:${target}`;
  if (os === undefined) {
    const why = content === null ? `no ${dockerfile}` : 'its FROM names no system with a version';
    log.warn(
      `${what}: not converted: ${why}. nx g @stowage/images:image --project=${owner} --dockerfile --os=… makes a definition.`,
    );
    return false;
  }
  const project = owner.slice(owner.lastIndexOf('/') + 1);
  const variant =
    isOnly || target === undefined ? 'default' : target.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name = formatName({ project, os, variant });
  const folder = joinPathFragments(root, 'images', `${os}-${variant}`);
  const path = joinPathFragments(folder, DEFINITION_FILE);
  if (tree.exists(path)) {
    log.info(`${path} exists already and was not changed`);
    return true;
  }
  const definition = {
    project,
    os,
    variant,
    dockerfile: relative(context, dockerfile),
    context: relative(folder, context),
    ...(args ? { args } : {}),
    ...(stage === undefined ? {} : { target: stage }),
    ...(platforms ? { platforms } : {}),
  };
  tree.write(path, `${headOf(name).join('\n')}\n${stringify(definition)}`);
  log.info(`${what}: is ${name} now: nx run ${name}:image-build, image-save, image-push`);
  return true;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function list(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : (text(value)?.split(',') ?? []);
  return all.filter((each) => typeof each === 'string');
}
