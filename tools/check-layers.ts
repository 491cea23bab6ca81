import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What each file imports: paths relative to the root for files, names for packages. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Which folders of core a folder may import besides itself; `docs/architecture.md` draws this. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  oci: [],
  definition: ['oci'],
  policy: ['oci'],
  disk: [],
  compression: [],
  catalog: ['oci', 'definition', 'disk'],
  transfer: ['oci'],
  http: ['transfer'],
  archive: ['oci', 'disk', 'compression', 'transfer'],
  store: ['oci', 'disk', 'transfer'],
  verify: ['oci', 'compression', 'transfer'],
  convert: ['oci', 'disk', 'compression', 'transfer', 'archive'],
  engine: ['oci', 'disk', 'transfer', 'http', 'archive', 'store'],
  distribution: ['oci', 'transfer', 'http'],
  page: [],
  registry: ['oci', 'policy', 'transfer', 'page'],
  build: ['oci', 'definition', 'disk', 'compression', 'transfer', 'archive', 'engine'],
  lifecycle: [
    'oci',
    'definition',
    'policy',
    'disk',
    'compression',
    'catalog',
    'transfer',
    'archive',
    'store',
    'verify',
    'convert',
    'engine',
    'http',
    'distribution',
    'page',
    'registry',
    'build',
    'open.ts',
    'location.ts',
  ],
};

const CORE = 'packages/core/src/';
/** Pure files that every folder may import. */
const FOR_ALL: ReadonlySet<string> = new Set(['errors.ts', 'listed.ts', 'printable.ts']);
/** Decide, and touch nothing: no files, processes or network, however far down. */
const PURE = [
  /\/oci\//,
  /\/definition\//,
  /\/policy\//,
  /\/catalog\/(?:edit|entry|reconcile|record|usage)\.ts$/,
];
const IMPURE = /^node:(?:fs|fs\/promises|http|https|net|child_process|os)$/;
/** The Nx plugin is loaded by every nx command. */
const PLUGIN = 'packages/images/src/plugin.ts';
const LIGHT = /^(?:@stowage\/core\/definition|@nx\/devkit|node:.+)$/;

/** Every broken rule, with the chain of imports that breaks it. */
export function checkLayers(graph: ImportGraph): string[] {
  return [...graph].flatMap(([file, imports]) => [
    ...imports
      .filter((each) => !mayImport(file, each))
      .map((each) => `${file} -> ${each}: this folder may not import that one`),
    ...forbiddenReach(graph, file),
  ]);
}

/** Reads the imports of all sources below the packages. */
export function readImports(root: string): ImportGraph {
  const files = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
    .map((path) => `packages/${path.replaceAll('\\', '/')}`)
    .filter((path) => /^packages\/[^/]+\/src\/.*(?<!\.test)\.ts$/.test(path));
  return new Map(files.map((file) => [file, importsOf(root, file)]));
}

function importsOf(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/gm),
  ].map((match) => match[1] ?? match[2] ?? '');
  return specifiers.map((specifier) =>
    specifier.startsWith('.')
      ? relative(root, join(root, dirname(file), specifier))
          .replaceAll('\\', '/')
          .replace(/\.js$/, '.ts')
      : specifier,
  );
}

function mayImport(file: string, imported: string): boolean {
  if (!file.startsWith(CORE) || !imported.startsWith(CORE)) return true;
  const [from, to] = [layerOf(file), layerOf(imported)];
  const allowed = LAYERS[from];
  return allowed === undefined || from === to || FOR_ALL.has(to) || allowed.includes(to);
}

/** The folder inside core, or the file at its top. */
function layerOf(file: string): string {
  return file.slice(CORE.length).split('/')[0] ?? '';
}

function forbiddenReach(graph: ImportGraph, file: string): string[] {
  if (PURE.some((pattern) => pattern.test(file))) {
    const chain = findChain(graph, file, (name) => IMPURE.test(name));
    return chain ? [`${chain.join(' -> ')}: a pure file reaches the outside`] : [];
  }
  if (file !== PLUGIN) return [];
  const chain = findChain(
    graph,
    file,
    (name) => !name.startsWith('packages/') && !LIGHT.test(name),
  );
  return chain ? [`${chain.join(' -> ')}: the plugin is loaded by every nx command`] : [];
}

function findChain(
  graph: ImportGraph,
  from: string,
  isForbidden: (name: string) => boolean,
  seen = new Set<string>(),
): string[] | undefined {
  seen.add(from);
  for (const next of graph.get(from) ?? []) {
    if (isForbidden(next)) return [from, next];
    const chain = seen.has(next) ? undefined : findChain(graph, next, isForbidden, seen);
    if (chain) return [from, ...chain];
  }
  return undefined;
}
