import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The imports of each file: paths relative to the root for files, names for packages. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/**
 * The rooms of core that each room may import besides itself; `docs/architecture.md` draws this. A room is a folder, or
 * a file with rules of its own. A file belongs to the room with the longest matching name. An allowed folder includes
 * all rooms in it.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  oci: [],
  definition: ['oci'],
  policy: ['oci'],
  disk: [],
  compression: [],
  catalog: ['oci', 'definition', 'disk', 'transfer'],
  transfer: ['oci'],
  'transfer/extents': ['oci', 'compression', 'transfer'],
  http: ['transfer'],
  archive: ['oci', 'disk', 'compression', 'transfer'],
  store: ['oci', 'disk', 'transfer'],
  verify: ['oci', 'compression', 'transfer'],
  convert: ['oci', 'disk', 'compression', 'transfer', 'archive'],
  engine: ['oci', 'disk', 'transfer', 'http', 'archive', 'store'],
  distribution: ['oci', 'disk', 'transfer', 'http'],
  'distribution/auth': ['oci', 'disk', 'distribution/host.ts', 'distribution/given-url.ts'],
  'distribution/host.ts': [],
  'distribution/given-url.ts': [],
  page: [],
  ci: ['disk'],
  registry: ['oci', 'transfer'],
  'registry/namespace.ts': ['oci', 'registry/problem.ts'],
  'registry/mirror': [
    ...['oci', 'transfer', 'registry/hosted.ts', 'registry/namespace.ts'],
    ...['registry/storage', 'distribution'],
  ],
  'registry/hosted.ts': ['oci', 'transfer'],
  'registry/required-digests.ts': ['oci'],
  'registry/access': ['policy', 'registry/problem.ts', 'registry/recent.ts'],
  'registry/read-referrer.ts': ['oci', 'transfer', 'registry/hosted.ts'],
  'registry/handler': [
    ...['oci', 'transfer', 'registry/access', 'registry/pages'],
    // Files that a reader names are sent from here.
    'disk/if-there.ts',
    ...[
      'registry/hosted.ts',
      'registry/problem.ts',
      'registry/metrics.ts',
      'registry/namespace.ts',
      'registry/required-digests.ts',
    ],
  ],
  'registry/pages': ['oci', 'transfer', 'page', 'registry/access', 'registry/hosted.ts'],
  'registry/storage': [
    ...['oci', 'disk', 'transfer', 'store', 'registry/hosted.ts', 'registry/metrics.ts'],
    ...['registry/required-digests.ts', 'registry/read-referrer.ts', 'registry/recent.ts'],
  ],
  share: [
    ...['oci', 'definition', 'disk', 'catalog', 'transfer', 'store', 'distribution'],
    'build/dockerfile',
  ],
  build: ['oci', 'definition', 'disk', 'compression', 'transfer', 'archive', 'engine'],
  'build/dockerfile': [],
  ...lifecycle({
    workspace: [],
    artifacts: ['remote'],
    cache: [],
    maintain: [],
    prune: ['maintain'],
    save: ['prune'],
    share: ['save'],
    build: ['cache', 'save', 'prune', 'share'],
    load: ['build', 'cache', 'prune'],
    copy: ['build', 'cache', 'prune', 'load/load-from.ts'],
    push: ['build', 'cache'],
    remote: [],
    'prune-share': ['build', 'prune', 'share'],
    environment: ['cache'],
    inspect: ['build', 'copy', 'environment'],
    jobs: ['build', 'load', 'save'],
    login: [],
    report: ['inspect', 'prune'],
    serve: ['build', 'maintain', 'prune'],
    sync: ['save', 'remote'],
  }),
};

/** The rooms of jobs: each may import all lower rooms, the workspace, and the named other jobs. */
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
    'share',
    ...['open.ts', 'location.ts', 'location-form.ts', 'lifecycle/workspace'],
  ];
  return Object.fromEntries(
    Object.entries(rooms).map(([room, jobs]) => [
      `lifecycle/${room}`,
      [...all, ...jobs.map((job) => `lifecycle/${job}`)],
    ]),
  );
}

const CORE = 'packages/core/src/';
/** Files that every room may import. */
const FOR_ALL: ReadonlySet<string> = new Set([
  'debug.ts',
  'errors.ts',
  'printable.ts',
  'surroundings.ts',
  'wording.ts',
]);
/** Pure files: they import no files, processes or network, not even indirectly. */
const PURE = [
  /\/oci\//,
  /\/definition\//,
  /\/policy\//,
  /\/catalog\/(?:yaml\/(?:edit|entry)|reconcile|record|usage)\.ts$/,
];
const IMPURE = /^node:(?:fs|fs\/promises|http|https|net|child_process|os)$/;
/** Every nx command loads the plugin, so it may import only {@link LIGHT} packages. */
const PLUGIN = 'packages/images/src/plugin.ts';
const LIGHT = /^(?:@stowage\/core\/definition|@nx\/devkit|jsonc-parser|minimatch|node:.+)$/;

/** Every broken rule, with the chain of imports that breaks it. */
export function checkLayers(graph: ImportGraph): string[] {
  const broken = [...graph].flatMap(([file, imports]) => [
    ...imports
      .filter((each) => !mayImport(file, each))
      .map((each) => `${file} -> ${each}: not an allowed import`),
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
    return chain ? [`${chain.join(' -> ')}: a circle of imports`] : [];
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

/** The room of a file of core; undefined for files at its top. */
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
    return chain ? [`${chain.join(' -> ')}: a pure file imports files, processes or network`] : [];
  }
  if (file !== PLUGIN) return [];
  const chain = findChain(
    graph,
    file,
    (name) => !name.startsWith('packages/') && !LIGHT.test(name),
  );
  return chain
    ? [`${chain.join(' -> ')}: too heavy for the plugin, which every nx command loads`]
    : [];
}

/** The shortest chain of imports from a file to one for which the predicate holds. */
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
