import {
  formatFiles,
  getProjects,
  joinPathFragments,
  logger,
  visitNotIgnoredFiles,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { formatName, ImageError, normalizeOs, parseDefinition } from '@stowage/core/definition';
import initGenerator from '../init/generator.js';

export interface ImageGeneratorSchema {
  readonly project: string;
  readonly os: string;
  readonly variant: string;
  readonly base?: string;
  readonly dockerfile?: boolean;
  readonly copy?: string;
  readonly skipFormat?: boolean;
}

interface NormalizedSchema {
  readonly owner: string;
  readonly ownerRoot: string;
  /** First part of the name: the last segment of the owner's. */
  readonly project: string;
  readonly os: string;
  readonly variant: string;
  readonly name: string;
  readonly base: string | undefined;
  readonly dockerfile: boolean;
  readonly copy: string;
  /** Where the definition goes. */
  readonly root: string;
}

/** Writes a definition that builds as it is; leaves every file that is there already alone. */
export default async function imageGenerator(
  tree: Tree,
  schema: ImageGeneratorSchema,
): Promise<GeneratorCallback | undefined> {
  const options = normalizeOptions(tree, schema);
  refuseTakenPrefix(tree, options);
  const install = initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  for (const [path, content] of Object.entries(filesOf(options))) {
    const file = joinPathFragments(options.root, path);
    if (tree.exists(file)) logger.info(`${file} is there already; it was left as it is`);
    else tree.write(file, content);
  }
  if (!schema.skipFormat) await formatFiles(tree);
  return install;
}

function normalizeOptions(tree: Tree, schema: ImageGeneratorSchema): NormalizedSchema {
  const projects = getProjects(tree);
  const owner = projects.get(schema.project);
  if (!owner) {
    throw new ImageError(
      'NOT_FOUND',
      `project: expected one of ${[...projects.keys()].join(', ') || 'none'}, got ${JSON.stringify(schema.project)}`,
    );
  }
  if (schema.dockerfile && schema.copy !== undefined) {
    throw new ImageError(
      'USAGE',
      'expected --dockerfile or --copy, got both: a Dockerfile copies its files itself',
    );
  }
  const project = schema.project.slice(schema.project.lastIndexOf('/') + 1);
  const os = normalizeOs(schema.os);
  const { variant, base, dockerfile = false, copy = 'files' } = schema;
  return {
    owner: schema.project,
    ownerRoot: owner.root,
    project,
    os,
    variant,
    name: checkedName({ project, os, variant }),
    base,
    dockerfile,
    copy,
    root: joinPathFragments(owner.root, 'images', `${os}-${variant}`),
  };
}

/** Generators print the message alone, so the way out goes into it. */
function checkedName(parts: { project: string; os: string; variant: string }): string {
  try {
    return formatName(parts);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${error.message}. ${error.hint ?? ''}`, { cause: error });
  }
}

/** Two projects whose names end alike would make images of one name. */
function refuseTakenPrefix(tree: Tree, { project, ownerRoot, owner }: NormalizedSchema): void {
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

function filesOf(options: NormalizedSchema): Record<string, string> {
  const { project, os, variant, name, base, dockerfile, copy } = options;
  const head = [
    `# ${name}: how this image is made. nx run ${name}:image-load builds, saves and loads it.`,
    `project: ${project}`,
    `os: ${os}`,
    `variant: ${variant}`,
  ];
  const from = base === undefined ? [] : [`base: ${base}`];
  if (dockerfile) {
    const start = base === undefined ? `FROM ${os.replace('-', ':')}` : 'ARG BASE\nFROM ${BASE}';
    return {
      'image.yaml': yaml([...head, ...from, 'dockerfile: Dockerfile']),
      Dockerfile: `${start}\n`,
    };
  }
  return {
    'image.yaml': yaml([...head, ...from, 'copy:', `  - from: ${copy}`, `    to: /opt/${project}`]),
    [`${copy}/README.md`]: `Everything in this folder is copied to /opt/${project} in the image ${name}.\n`,
  };
}

function yaml(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
