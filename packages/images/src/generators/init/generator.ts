import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { SETTINGS_FILE } from '@stowage/core/definition';
import { applyEdits, modify, type JSONPath } from 'jsonc-parser';
import { isObject, parseJsonObject, type JsonObject } from '../../infer/json.js';
import { schemaLine } from '../schema-line.js';
import { ignoreArchives } from './ignore-archives.js';

export interface InitGeneratorSchema {
  readonly skipFormat?: boolean;
  readonly skipPackageJson?: boolean;
  readonly keepExistingVersions?: boolean;
  readonly updatePackageScripts?: boolean;
}

const PLUGIN = '@stowage/images';
const DEVKIT = '@nx/devkit';
const SYNC = '@stowage/images:sync';

const SETTINGS = `${schemaLine(SETTINGS_FILE, 'stowage')}
# Settings of Stowage for this workspace; all are optional.

# The engine for commands and targets: auto, docker, or embedded (stores images, cannot run them).
engine: auto

# Rules by which stowage prune and image-prune delete archives.
prune:
  keep_newest: 2
  unused_for: 30d
  min_age: 1d
`;

/**
 * Sets up a workspace; running it again changes nothing. It does not load devkit before devkit is there: a workspace
 * with only Nx has none yet, and npm would install another major version, so it is added here at the version of Nx.
 * JSON files are edited in place: comments and order stay.
 */
export default async function initGenerator(
  tree: Tree,
  schema: InitGeneratorSchema,
): Promise<GeneratorCallback | undefined> {
  registerPlugin(tree);
  if (!tree.exists(SETTINGS_FILE)) tree.write(SETTINGS_FILE, SETTINGS);
  ignoreArchives(tree);
  const isChanged = !schema.skipPackageJson && addDependencies(tree);
  if (!schema.skipFormat) await formatIfPossible(tree);
  // A workspace without package.json is installed by the wrapper of Nx, with its next command.
  return isChanged && tree.exists('package.json') ? () => install(tree.root) : undefined;
}

/** Adds the plugin, and the generator with which `nx sync` updates the catalog. */
function registerPlugin(tree: Tree): void {
  const { plugins, sync } = readJson(tree, 'nx.json');
  const registered = Array.isArray(plugins) ? (plugins as readonly unknown[]) : [];
  const isThere = registered.some(
    (each) => each === PLUGIN || (isObject(each) && each['plugin'] === PLUGIN),
  );
  if (!isThere)
    edit(tree, 'nx.json', ['plugins', registered.length], { plugin: PLUGIN, options: {} });
  const generators = isObject(sync) ? sync['globalGenerators'] : undefined;
  const all = Array.isArray(generators) ? (generators as readonly unknown[]) : [];
  if (!all.includes(SYNC)) edit(tree, 'nx.json', ['sync', 'globalGenerators', all.length], SYNC);
}

/** Adds the plugin and devkit; existing dependencies keep their versions. @returns whether something was added */
function addDependencies(tree: Tree): boolean {
  // A workspace without package.json has its dependencies in nx.json.
  const [file, section] = tree.exists('package.json')
    ? ['package.json', ['devDependencies']]
    : ['nx.json', ['installation', 'plugins']];
  const manifest = readJson(tree, file);
  const { dependencies, devDependencies, installation } = manifest;
  const plugins = isObject(installation) ? installation['plugins'] : undefined;
  const sections = [dependencies, devDependencies, plugins].filter(isObject);
  const rangeOf = (name: string) =>
    sections.map((each) => each[name]).find((range) => range !== undefined);
  const wanted = { [PLUGIN]: ownVersion(), [DEVKIT]: versionOfNx(rangeOf('nx')) };
  const missing = Object.entries(wanted).filter(
    ([name, version]) => rangeOf(name) === undefined && version !== undefined,
  );
  for (const [name, version] of missing) edit(tree, file, [...section, name], version);
  return missing.length > 0;
}

/** The version range of Nx; its version where the range is that of a catalog, which need not have devkit. */
function versionOfNx(range: unknown): string | undefined {
  if (typeof range === 'string' && /^[~^\d]/.test(range)) return range;
  return versionIn(createRequire(import.meta.url).resolve('nx/package.json'));
}

/** Formats the changed files, if devkit is there. */
async function formatIfPossible(tree: Tree): Promise<void> {
  const devkit = await import('@nx/devkit').catch(() => undefined);
  await devkit?.formatFiles(tree);
}

function install(root: string): void {
  const manager = packageManager(root);
  const shell = process.platform === 'win32';
  const { status } = spawnSync(manager, ['install'], { cwd: root, stdio: 'inherit', shell });
  if (status !== 0) throw new Error(`${manager} install failed; run it again to finish the set-up`);
}

function packageManager(root: string): string {
  const managers = {
    'pnpm-lock.yaml': 'pnpm',
    'yarn.lock': 'yarn',
    'bun.lock': 'bun',
    'bun.lockb': 'bun',
  };
  return Object.entries(managers).find(([lock]) => existsSync(join(root, lock)))?.[1] ?? 'npm';
}

/** @throws Error if the file is no JSON object */
function readJson(tree: Tree, path: string): JsonObject {
  const text = tree.read(path, 'utf8');
  if (text === null || text.trim() === '') return {};
  const value = parseJsonObject(text);
  if (value) return value;
  throw new Error(`${path}: not a JSON object (it may have comments)`);
}

/** Sets one value of a JSON file; everything else stays as it is written. */
function edit(tree: Tree, path: string, at: JSONPath, value: unknown): void {
  const text = tree.read(path, 'utf8') ?? '{}';
  const edits = modify(text, at, value, {
    formattingOptions: { insertSpaces: true, tabSize: 2 },
    ...(at.includes('devDependencies') ? { getInsertionIndex: sortedIndex(at) } : {}),
  });
  tree.write(path, applyEdits(text, edits));
}

/** Package managers keep dependencies sorted. */
function sortedIndex(at: JSONPath): (names: string[]) => number {
  return (names) => {
    const after = names.findIndex((name) => name > String(at.at(-1)));
    return after < 0 ? names.length : after;
  };
}

function ownVersion(): string | undefined {
  return versionIn(new URL('../../../package.json', import.meta.url));
}

function versionIn(manifest: string | URL): string | undefined {
  const version = parseJsonObject(readFileSync(manifest, 'utf8'))?.['version'];
  return typeof version === 'string' ? version : undefined;
}
