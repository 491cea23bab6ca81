import { readFileSync } from 'node:fs';
import {
  addDependenciesToPackageJson,
  formatFiles,
  readJson,
  readNxJson,
  updateNxJson,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';

export interface InitGeneratorSchema {
  readonly skipFormat?: boolean;
  readonly skipPackageJson?: boolean;
  readonly keepExistingVersions?: boolean;
  readonly updatePackageScripts?: boolean;
}

const PLUGIN = '@stowage/images';

const SETTINGS = `# How Stowage keeps images in this workspace. Everything here may be left out.

# Which engine commands and targets use: auto, docker, or embedded (keeps images, runs none).
engine: auto

# Which archives stowage prune and image-prune may delete.
prune:
  keep_newest: 2
  unused_for: 30d
  min_age: 1d
`;

/** Archives are outputs: big, and made again at any time. */
const IGNORED = [
  '/images/*/*.tar*',
  '/images/*/*.image.json*',
  '/images/image-registry.yml*',
  '.stowage/',
];

/** Sets a workspace up; running it again changes nothing. */
export default async function initGenerator(
  tree: Tree,
  schema: InitGeneratorSchema,
): Promise<GeneratorCallback | void> {
  registerPlugin(tree);
  if (!tree.exists('stowage.yaml')) tree.write('stowage.yaml', SETTINGS);
  ignore(tree);
  const install = schema.skipPackageJson
    ? undefined
    : addDependencies(tree, schema.keepExistingVersions ?? false);
  if (!schema.skipFormat) await formatFiles(tree);
  return install;
}

function registerPlugin(tree: Tree): void {
  const nxJson = readNxJson(tree) ?? {};
  const plugins = nxJson.plugins ?? [];
  if (plugins.some((each) => (typeof each === 'string' ? each : each.plugin) === PLUGIN)) return;
  updateNxJson(tree, { ...nxJson, plugins: [...plugins, { plugin: PLUGIN, options: {} }] });
}

function ignore(tree: Tree): void {
  const text = tree.exists('.gitignore') ? (tree.read('.gitignore', 'utf8') ?? '') : '';
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = IGNORED.filter((each) => !lines.has(each));
  if (missing.length === 0) return;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  tree.write('.gitignore', `${before}\n# Image archives (Stowage)\n${missing.join('\n')}\n`);
}

interface PackageJson {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** npm would install a devkit of another major beside the workspace's Nx, so it gets Nx's own range. */
function addDependencies(tree: Tree, keepExistingVersions: boolean): GeneratorCallback {
  const { dependencies = {}, devDependencies = {} } = readJson<PackageJson>(tree, 'package.json');
  const nx = devDependencies['nx'] ?? dependencies['nx'];
  const own = { [PLUGIN]: devDependencies[PLUGIN] ?? dependencies[PLUGIN] ?? ownVersion() };
  return addDependenciesToPackageJson(
    tree,
    {},
    { ...own, ...(nx === undefined ? {} : { '@nx/devkit': nx }) },
    undefined,
    keepExistingVersions,
  );
}

function ownVersion(): string {
  const path = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as PackageJson).version ?? 'latest';
}
