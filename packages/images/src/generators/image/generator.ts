import {
  formatFiles,
  getProjects,
  joinPathFragments,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import {
  compilerOf,
  DEFINITION_FILE,
  formatCompiler,
  formatName,
  ImageError,
  imageOfOs,
  INSTALLED_COMPILERS,
  normalizeOs,
  shortList,
} from '@stowage/core/definition';
import { log, printing } from '../../log.js';
import { definitionsIn } from '../definitions-in.js';
import initGenerator from '../init/generator.js';
import { projectPart } from '../project-part.js';
import { headOf, workflowFiles, type Owner } from './workflow.js';

/** The kinds of content that a new image can have. */
export type Content = 'toolchain' | 'packages' | 'files' | 'dockerfile';

export interface ImageGeneratorSchema {
  readonly project: string;
  readonly os?: string;
  readonly variant?: string;
  /** In place of os and variant: a workflow whose jobs need images. */
  readonly fromWorkflow?: string;
  readonly content?: Content;
  readonly base?: string;
  readonly packages?: readonly string[];
  readonly copy?: string;
  readonly skipFormat?: boolean;
}

interface NormalizedSchema extends Owner {
  readonly os: string;
  readonly variant: string;
  readonly name: string;
  readonly content: Content;
  readonly base: string | undefined;
  readonly packages: readonly string[];
  readonly copy: string;
  /** Folder of the definition. */
  readonly root: string;
}

/** Writes definitions that can be built unchanged; never changes an existing file. */
export default function imageGenerator(
  tree: Tree,
  schema: ImageGeneratorSchema,
): Promise<GeneratorCallback | undefined> {
  return printing(() => generate(tree, schema));
}

async function generate(
  tree: Tree,
  schema: ImageGeneratorSchema,
): Promise<GeneratorCallback | undefined> {
  const owner = ownerOf(tree, schema.project);
  refuseTakenPrefix(tree, owner);
  const files = schema.fromWorkflow
    ? workflowFiles(tree, owner, schema.fromWorkflow)
    : filesOf(normalizeOptions(owner, schema));
  const install = await initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  for (const [file, content] of Object.entries(files)) {
    if (tree.exists(file)) log.info(`${file} exists already and was not changed`);
    else tree.write(file, content);
  }
  const [outside] = Object.entries(files).filter(([, text]) =>
    /^(?:compilers|packages):/m.test(text),
  );
  if (outside)
    log.info(`next: stowage build ${outside[0]} --update-base locks the digest of its base`);
  if (!schema.skipFormat) await formatFiles(tree);
  return install;
}

/** The project by its name, or by the last segment of it, as `nx run` takes it. */
function ownerOf(tree: Tree, given: string): Owner {
  const projects = new Map(
    [...getProjects(tree)].filter(([, { tags }]) => tags?.includes('image') !== true),
  );
  const short = [...projects.keys()].filter((name) => name.endsWith(`/${given}`));
  const owner = projects.has(given) || short.length !== 1 ? given : (short[0] ?? given);
  const found = projects.get(owner);
  if (found) return { owner, ownerRoot: found.root, project: projectPart(owner) };
  throw new ImageError(
    'NOT_FOUND',
    `project: ${short.length > 1 ? 'several projects fit' : 'no project'} ${JSON.stringify(given)}; ${short.length > 1 ? 'they' : 'the projects'} are ${shortList(short.length > 1 ? short : [...projects.keys()]) || 'none'}`,
  );
}

function normalizeOptions(owner: Owner, schema: ImageGeneratorSchema): NormalizedSchema {
  const { variant, base, copy, packages = [] } = schema;
  if (!schema.os || !variant)
    throw new ImageError('USAGE', 'give --os and --variant, or --from-workflow');
  const content = schema.content ?? defaultContent(schema);
  if (content !== 'files' && copy !== undefined)
    throw new ImageError('USAGE', `copy: it is for content files, not for ${content}`);
  if (content === 'toolchain' && compilerIn(variant) === undefined)
    throw new ImageError(
      'USAGE',
      `variant: with content toolchain it begins with a compiler (${INSTALLED_COMPILERS.join(', ')}), unlike ${JSON.stringify(variant)}`,
    );
  const { ownerRoot, project } = owner;
  const os = normalizeOs(schema.os);
  return {
    ...owner,
    os,
    variant,
    name: validName({ project, os, variant }),
    content,
    base,
    packages,
    copy: copy ?? 'files',
    root: joinPathFragments(ownerRoot, 'images', `${os}-${variant}`),
  };
}

/** The compiler that a variant names, if one can be installed. */
function compilerIn(variant: string): string | undefined {
  const compiler = compilerOf(variant);
  return compiler && INSTALLED_COMPILERS.includes(compiler.family)
    ? formatCompiler(compiler)
    : undefined;
}

function defaultContent({ variant = '', copy, packages }: ImageGeneratorSchema): Content {
  if (copy !== undefined) return 'files';
  if (packages !== undefined) return 'packages';
  return compilerIn(variant) === undefined ? 'files' : 'toolchain';
}

/** Formats a name. Nx prints only the message of an error, so the hint becomes part of it. */
function validName(parts: { project: string; os: string; variant: string }): string {
  try {
    return formatName(parts);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${error.message}. ${error.hint ?? ''}`, { cause: error });
  }
}

/** Refuses a project whose first part of names another project uses: their images would have equal names. */
function refuseTakenPrefix(tree: Tree, { project, ownerRoot, owner }: Owner): void {
  const own = joinPathFragments(ownerRoot, 'images/');
  for (const [file, definition] of definitionsIn(tree)) {
    if (file.startsWith(own) || definition.project !== project) continue;
    throw new ImageError(
      'NAMING',
      `project: ${JSON.stringify(project)} cannot be the name for the images of ${owner}, as ${file} uses it. Write image.yaml by hand with another project:.`,
    );
  }
}

/** The files to write, by path relative to the workspace. */
function filesOf(options: NormalizedSchema): Record<string, string> {
  const { project, os, variant, name, content, base, packages, copy, root } = options;
  const from = base === undefined ? [] : [`base: ${base}`];
  const upstream = [`base: ${base ?? imageOfOs(os)}`];
  const definition = joinPathFragments(root, DEFINITION_FILE);
  const fields = [`project: ${project}`, `os: ${os}`, `variant: ${variant}`];
  const head = [...headOf(definition, name), ...fields];
  switch (content) {
    case 'toolchain':
      return {
        [definition]: yaml([
          ...head,
          ...upstream,
          'compilers:',
          `  - ${compilerIn(variant) ?? ''}`,
        ]),
      };
    case 'packages': {
      const names = packages.length > 0 ? packages : ['ca-certificates'];
      const lines = names.map((each) => `  - ${each}`);
      return { [definition]: yaml([...head, ...upstream, 'packages:', ...lines]) };
    }
    case 'dockerfile': {
      const start = base === undefined ? `FROM ${imageOfOs(os)}` : 'ARG BASE\nFROM ${BASE}';
      return {
        [definition]: yaml([...head, ...from, 'dockerfile: Dockerfile']),
        [joinPathFragments(root, 'Dockerfile')]: `${start}\n`,
      };
    }
    case 'files':
      return {
        [definition]: yaml([
          ...head,
          ...from,
          'copy:',
          `  - from: ${copy}`,
          `    to: /opt/${project}`,
        ]),
        [joinPathFragments(root, copy, 'README.md')]:
          `Everything in this folder is copied to /opt/${project} in the image ${name}.\n`,
      };
  }
}

function yaml(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
