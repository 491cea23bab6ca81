import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What each file imports: paths relative to the root for files, names for packages. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/**
 * Which rooms of core a room may import besides itself; `docs/architecture.md` draws this. A room is a folder, or a file
 * with rules of its own; the longest name that fits a file is its room. A folder that may be imported stands for all
 * rooms in it.
 */
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
  registry: ['oci', 'transfer'],
  'registry/mirror.ts': [
    'oci',
    'transfer',
    'registry/hosted.ts',
    'registry/storage',
    'distribution',
  ],
  'registry/hosted.ts': ['oci', 'transfer'],
  'registry/access': ['policy', 'registry/problem.ts'],
  'registry/handler': [
    ...['oci', 'transfer', 'registry/access', 'registry/pages'],
    ...['registry/hosted.ts', 'registry/problem.ts', 'registry/metrics.ts'],
  ],
  'registry/pages': ['oci', 'transfer', 'page', 'registry/access', 'registry/hosted.ts'],
  'registry/storage': ['oci', 'disk', 'transfer', 'store', 'registry/hosted.ts'],
  build: ['oci', 'definition', 'disk', 'compression', 'transfer', 'archive', 'engine'],
  ...lifecycle({
    workspace: [],
    cache: [],
    maintain: [],
    prune: ['maintain'],
    save: ['prune'],
    build: ['save', 'prune'],
    load: ['cache', 'prune'],
    copy: ['cache', 'prune'],
    push: ['cache'],
    inspect: [],
    jobs: ['build', 'load', 'save'],
    report: ['inspect', 'prune'],
    serve: ['maintain'],
    sync: ['save'],
  }),
};

/** The rooms of jobs: each may use all of core and the workspace, and the jobs that it is made of. */
function lifecycle(
  rooms: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, readonly string[]>> {
  const all = [
    ...[
      'oci',
      'definition',
      'policy',
      'disk',
      'compression',
      'catalog',
      'transfer',
      'archive',
      'store',
    ],
    ...['verify', 'convert', 'engine', 'http', 'distribution', 'page', 'registry', 'build'],
    ...['open.ts', 'location.ts', 'lifecycle/workspace'],
  ];
  return Object.fromEntries(
    Object.entries(rooms).map(([room, jobs]) => [
      `lifecycle/${room}`,
      [...all, ...jobs.map((job) => `lifecycle/${job}`)],
    ]),
  );
}

const CORE = 'packages/core/src/';
/** Pure files that every folder may import. */
const FOR_ALL: ReadonlySet<string> = new Set(['errors.ts', 'printable.ts']);
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
  const broken = [...graph].flatMap(([file, imports]) => [
    ...imports
      .filter((each) => !mayImport(file, each))
      .map((each) => `${file} -> ${each}: this room may not import that one`),
    ...forbiddenReach(graph, file),
  ]);
  return [...broken, ...circles(graph)];
}

/** One shortest chain for each group of files that import each other in a circle, type imports included. */
function circles(graph: ImportGraph): string[] {
  const seen = new Set<string>();
  return [...graph.keys()].sort().flatMap((file) => {
    if (seen.has(file)) return [];
    const chain = findChain(graph, file, (name) => name === file);
    chain?.forEach((each) => seen.add(each));
    return chain ? [`${chain.join(' -> ')}: a circle of files`] : [];
  });
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
  const [from, to] = [roomOf(file), imported.slice(CORE.length)];
  const allowed = from === undefined ? undefined : LAYERS[from];
  if (from === undefined || allowed === undefined || FOR_ALL.has(to)) return true;
  return isIn(to, from) || allowed.some((each) => isIn(to, each));
}

/** The longest room that fits a file of core; undefined for files at its top. */
export function roomOf(file: string): string | undefined {
  const path = file.slice(CORE.length);
  const rooms = Object.keys(LAYERS).filter((room) => isIn(path, room));
  return rooms.sort((one, other) => other.length - one.length)[0];
}

function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
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

/** The shortest chain of imports from a file to one that is wanted. */
function findChain(
  graph: ImportGraph,
  from: string,
  isWanted: (name: string) => boolean,
): string[] | undefined {
  const chains = [[from]];
  const seen = new Set<string>();
  for (const chain of chains)
    for (const next of graph.get(chain.at(-1) ?? '') ?? []) {
      if (isWanted(next)) return [...chain, next];
      if (seen.has(next)) continue;
      seen.add(next);
      chains.push([...chain, next]);
    }
  return undefined;
}
