import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratorCallback, NxJsonConfiguration, Tree } from '@nx/devkit';

export interface InitGeneratorSchema {
  readonly skipFormat?: boolean;
  readonly skipPackageJson?: boolean;
  readonly keepExistingVersions?: boolean;
  readonly updatePackageScripts?: boolean;
}

const PLUGIN = '@stowage/images';
const SYNC = '@stowage/images:sync';

const SETTINGS = `# Settings of Stowage for this workspace; all are optional.

# The engine for commands and targets: auto, docker, or embedded (stores images, cannot run them).
engine: auto

# Rules by which stowage prune and image-prune delete archives.
prune:
  keep_newest: 2
  unused_for: 30d
  min_age: 1d
`;

/** Archives are build outputs: large, and reproducible at any time. */
const IGNORED = [
  '/images/*/*.tar*',
  '/images/*/*.image.json*',
  '/images/image-registry.yml*',
  '.stowage/',
];

/**
 * Sets up a workspace; running it again changes nothing. It does not load devkit: a workspace with only Nx has
 * none yet, and npm would install another major version, so it is added here at the version range of Nx.
 */
export default function initGenerator(
  tree: Tree,
  schema: InitGeneratorSchema,
): GeneratorCallback | undefined {
  registerPlugin(tree);
  if (!tree.exists('stowage.yaml')) tree.write('stowage.yaml', SETTINGS);
  ignore(tree);
  if (schema.skipPackageJson || !addDependencies(tree)) return undefined;
  return () => install(tree.root);
}

/** Adds the plugin, and the generator with which `nx sync` updates the catalog. */
function registerPlugin(tree: Tree): void {
  const nxJson = readJson<NxJsonConfiguration>(tree, 'nx.json');
  const { plugins = [], sync } = nxJson;
  const generators = sync?.globalGenerators ?? [];
  const isThere = plugins.some(
    (each) => (typeof each === 'string' ? each : each.plugin) === PLUGIN,
  );
  if (isThere && generators.includes(SYNC)) return;
  writeJson(tree, 'nx.json', {
    ...nxJson,
    plugins: isThere ? plugins : [...plugins, { plugin: PLUGIN, options: {} }],
    sync: { ...sync, globalGenerators: [...new Set([...generators, SYNC])] },
  });
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

/** Adds the plugin and devkit; existing dependencies keep their versions. @returns whether package.json changed */
function addDependencies(tree: Tree): boolean {
  const manifest = readJson<PackageJson>(tree, 'package.json');
  const all: Readonly<Record<string, string>> = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
  };
  const wanted = {
    [PLUGIN]: ownVersion(),
    ...(all['nx'] === undefined ? {} : { '@nx/devkit': all['nx'] }),
  };
  const missing = Object.entries(wanted).filter(([name]) => all[name] === undefined);
  if (missing.length === 0) return false;
  const devDependencies = Object.fromEntries(
    [...Object.entries(manifest.devDependencies ?? {}), ...missing].sort(([a], [b]) =>
      a < b ? -1 : 1,
    ),
  );
  writeJson(tree, 'package.json', { ...manifest, devDependencies });
  return true;
}

function install(root: string): void {
  const manager = packageManager(root);
  const shell = process.platform === 'win32';
  const { status } = spawnSync(manager, ['install'], { cwd: root, stdio: 'inherit', shell });
  if (status !== 0) throw new Error(`${manager} install failed; run it again to finish the set-up`);
}

function packageManager(root: string): string {
  const managers = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun' };
  return Object.entries(managers).find(([lock]) => existsSync(join(root, lock)))?.[1] ?? 'npm';
}

function readJson<T extends object>(tree: Tree, path: string): T {
  return (tree.exists(path) ? JSON.parse(tree.read(path, 'utf8') ?? '{}') : {}) as T;
}

function writeJson(tree: Tree, path: string, value: object): void {
  tree.write(path, `${JSON.stringify(value, null, 2)}\n`);
}

function ownVersion(): string {
  const path = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as PackageJson).version ?? 'latest';
}
