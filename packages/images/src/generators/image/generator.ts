import {
  formatFiles,
  getProjects,
  joinPathFragments,
  visitNotIgnoredFiles,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import {
  DEFINITION_FILE,
  formatName,
  ImageError,
  shortList,
  normalizeOs,
  parseDefinition,
} from '@stowage/core/definition';
import { log, printing } from '../../log.js';
import initGenerator from '../init/generator.js';
import { headOf, workflowFiles, type Owner } from './workflow.js';

export interface ImageGeneratorSchema {
  readonly project: string;
  readonly os?: string;
  readonly variant?: string;
  /** In place of os and variant: a workflow whose jobs need images. */
  readonly fromWorkflow?: string;
  readonly base?: string;
  readonly dockerfile?: boolean;
  readonly copy?: string;
  readonly skipFormat?: boolean;
}

interface NormalizedSchema extends Owner {
  readonly os: string;
  readonly variant: string;
  readonly name: string;
  readonly base: string | undefined;
  readonly dockerfile: boolean;
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
  const files =
    schema.fromWorkflow === undefined
      ? filesOf(normalizeOptions(owner, schema))
      : workflowFiles(tree, owner, schema.fromWorkflow);
  const install = initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  for (const [file, content] of Object.entries(files)) {
    if (tree.exists(file)) log.info(`${file} exists already and was not changed`);
    else tree.write(file, content);
  }
  if (!schema.skipFormat) await formatFiles(tree);
  return install;
}

function ownerOf(tree: Tree, owner: string): Owner {
  const projects = getProjects(tree);
  const found = projects.get(owner);
  if (found)
    return { owner, ownerRoot: found.root, project: owner.slice(owner.lastIndexOf('/') + 1) };
  throw new ImageError(
    'NOT_FOUND',
    `project: expected one of ${shortList([...projects.keys()]) || 'none'}, got ${JSON.stringify(owner)}`,
  );
}

function normalizeOptions(owner: Owner, schema: ImageGeneratorSchema): NormalizedSchema {
  const { variant, base, dockerfile = false, copy } = schema;
  if (schema.os === undefined || variant === undefined)
    throw new ImageError('USAGE', 'expected --os and --variant, or --from-workflow');
  if (dockerfile && copy !== undefined)
    throw new ImageError(
      'USAGE',
      'expected --dockerfile or --copy, got both: a Dockerfile copies its files itself',
    );
  const { ownerRoot, project } = owner;
  const os = normalizeOs(schema.os);
  return {
    ...owner,
    os,
    variant,
    name: validName({ project, os, variant }),
    base,
    dockerfile,
    copy: copy ?? 'files',
    root: joinPathFragments(ownerRoot, 'images', `${os}-${variant}`),
  };
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

/** Refuses a project whose last name segment another project uses: their images would have equal names. */
function refuseTakenPrefix(tree: Tree, { project, ownerRoot, owner }: Owner): void {
  visitNotIgnoredFiles(tree, '.', (file) => {
    if (
      !/(?:^|\/)images\/[^/]+\/image\.yaml$/.test(file) ||
      file.startsWith(joinPathFragments(ownerRoot, 'images/'))
    )
      return;
    if (projectOf(tree, file) !== project) return;
    throw new ImageError(
      'NAMING',
      `project: expected a name of its own for the images of ${owner}, got ${JSON.stringify(project)}, which ${file} uses. Write image.yaml by hand with another project:.`,
    );
  });
}

function projectOf(tree: Tree, file: string): string | undefined {
  try {
    return parseDefinition({ text: tree.read(file, 'utf8') ?? '', path: file }).project;
  } catch {
    return undefined;
  }
}

/** The files to write, by path relative to the workspace. */
function filesOf(options: NormalizedSchema): Record<string, string> {
  const { project, os, variant, name, base, dockerfile, copy, root } = options;
  const head = [...headOf(name), `project: ${project}`, `os: ${os}`, `variant: ${variant}`];
  const from = base === undefined ? [] : [`base: ${base}`];
  const definition = joinPathFragments(root, DEFINITION_FILE);
  if (dockerfile) {
    const start = base === undefined ? `FROM ${os.replace('-', ':')}` : 'ARG BASE\nFROM ${BASE}';
    return {
      [definition]: yaml([...head, ...from, 'dockerfile: Dockerfile']),
      [joinPathFragments(root, 'Dockerfile')]: `${start}\n`,
    };
  }
  return {
    [definition]: yaml([...head, ...from, 'copy:', `  - from: ${copy}`, `    to: /opt/${project}`]),
    [joinPathFragments(root, copy, 'README.md')]:
      `Everything in this folder is copied to /opt/${project} in the image ${name}.\n`,
  };
}

function yaml(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
