import { access, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { CatalogPlace } from '../../catalog/locate.js';
import { checkName, type ImageName } from '../../definition/name.js';
import { parseSettings, SETTINGS_FILE, type Settings } from '../../definition/settings/settings.js';
import { inside, isBelow } from '../../disk/paths/inside.js';
import { DOCUMENT_LIMIT, readUpTo } from '../../disk/paths/own-file.js';
import { requireFoldersBelow } from '../../disk/paths/own-folder.js';
import { keepClients } from '../../distribution/kept-clients.js';
import { detectEngine, type EngineOptions } from '../../engine/detect.js';
import type { Engine } from '../../engine/engine.js';
import { LazyEngine } from '../../engine/lazy-engine.js';
import { ImageError } from '../../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../oci/limits.js';
import { surroundingsOf, type GivenSurroundings, type Surroundings } from '../../surroundings.js';
import type { VerbOptions } from './call.js';
import { requireOwnImages } from './own-images.js';
import { parseSize } from './units.js';

/** A folder with archives, settings and a catalog. All paths are absolute. */
export interface Workspace {
  readonly root: string;
  readonly settings: Settings;
  readonly place: CatalogPlace;
  readonly limits: Limits;
  readonly surroundings: Surroundings;
  /** The settings file that was given in place of `stowage.yaml`. */
  readonly config?: string;
}

/** Options for opening a workspace. */
export interface WorkspaceOptions {
  /** A settings file to use in place of `stowage.yaml` at the root. */
  readonly config?: string | undefined;
  /** The environment, home folder and clock that all verbs use; those of this process when omitted. */
  readonly surroundings?: GivenSurroundings | undefined;
}

/** Depth below `.stowage` in which folders are checked for links: `store/blobs/<algorithm>`. */
const STATE_DEPTH = 3;
/** Files that mark the root of a workspace. */
export const ROOT_MARKERS = [SETTINGS_FILE, 'nx.json', '.git'];

/**
 * Finds the workspace around a folder (the nearest parent with `stowage.yaml`, `nx.json` or `.git`, else the folder itself)
 * and reads its settings.
 *
 * @throws ImageError USAGE (bad settings), NOT_FOUND (`config`), INVALID (a folder of Stowage is a link out of the
 *   workspace; the folder of archives may be a link that was made on this machine)
 */
export async function openWorkspace(
  folder: string,
  { config, surroundings }: WorkspaceOptions = {},
): Promise<Workspace> {
  const root = await rootOf(folder);
  const path = config === undefined ? join(root, SETTINGS_FILE) : resolve(folder, config);
  const settings = await readSettings(path, config !== undefined);
  const images = resolve(root, settings.images);
  const state = join(root, '.stowage');
  await requireFoldersBelow(root, state, STATE_DEPTH);
  // The settings may name a folder outside the workspace.
  if (isBelow(root, images)) await requireOwnImages(root, images);
  return {
    root,
    settings,
    place: {
      workspace: root,
      folder: images,
      state,
      sharedState: await sharedStateOf(images, state),
      archives: settings.archives.map((folder) => resolve(root, folder)),
      isShared: settings.share !== undefined,
    },
    limits: limitsOf(settings),
    surroundings: surroundingsOf(surroundings),
    ...(config === undefined ? {} : { config: path }),
  };
}

/**
 * The state folder of the workspace around the folder of archives, so that workspaces which share that folder share its
 * journal and locks. A folder that is in no workspace has its own.
 *
 * @throws ImageError INVALID (a folder of that workspace is a link out of it)
 */
async function sharedStateOf(images: string, own: string): Promise<string> {
  const root = await rootOf(await realpath(images).catch(() => images));
  const state = join(root, '.stowage');
  if (state === (await realpath(own).catch(() => own))) return own;
  await requireFoldersBelow(root, state, STATE_DEPTH);
  return state;
}

/** @throws ImageError USAGE */
function limitsOf({ limits }: Settings): Limits {
  const bytes = (key: 'manifest' | 'unpacked' | 'tar_header', fallback: number): number => {
    const text = limits[key];
    return text === undefined ? fallback : parseSize(text, `${SETTINGS_FILE} limits.${key}`);
  };
  const { manifestBytes, unpackedBytes, headerBytes, ...counts } = DEFAULT_LIMITS;
  return {
    manifestBytes: bytes('manifest', manifestBytes),
    unpackedBytes: bytes('unpacked', unpackedBytes),
    headerBytes: bytes('tar_header', headerBytes),
    members: limits.members ?? counts.members,
    jsonDepth: limits.json_depth ?? counts.jsonDepth,
    indexDepth: limits.index_depth ?? counts.indexDepth,
  };
}

/**
 * Opens the engine of a workspace: that of the options, else that of the settings, else the first that answers.
 *
 * @throws ImageError UNAVAILABLE (no engine answers), USAGE (an invalid address)
 */
export async function openEngine(
  { settings, place, surroundings }: Workspace,
  { engine, host, namespace }: Pick<EngineOptions, 'engine' | 'host' | 'namespace'> = {},
): Promise<Engine> {
  return detectEngine({
    engine: engine ?? settings.engine,
    host: host ?? settings.host,
    namespace,
    storeFolder: join(place.state, 'store'),
    surroundings,
  });
}

/** The engine of a workspace, opened like {@link openEngine} by its first user. Dispose it. */
export function lazyEngine(
  workspace: Workspace,
  options: VerbOptions,
): AsyncDisposable & Pick<LazyEngine, 'get'> {
  const open = () => new LazyEngine(() => openEngine(workspace, options));
  const engines = kept.get(workspace);
  if (!engines) return open();
  const key = JSON.stringify([options.engine, options.host, options.namespace]);
  const engine = engines.get(key) ?? open();
  engines.set(key, engine);
  return { get: engine.get, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Engines that are kept for workspaces, by kind and address. */
const kept = new WeakMap<Workspace, Map<string, LazyEngine>>();

/**
 * Keeps connections for several calls of `saveDefinition`, `load` and `push` with one workspace, also at the same time:
 * they use one engine, and one client of each registry. Dispose the result after the last call.
 */
export function keepConnections(workspace: Workspace): AsyncDisposable {
  const isKept = kept.has(workspace);
  const engines = new Map<string, LazyEngine>();
  if (!isKept) kept.set(workspace, engines);
  const clients = keepClients(workspace.surroundings);
  return {
    [Symbol.asyncDispose]: async () => {
      if (!isKept) kept.delete(workspace);
      for (const engine of engines.values()) await engine[Symbol.asyncDispose]();
      await clients[Symbol.asyncDispose]();
    },
  };
}

/**
 * Returns the path of the archive of an image with a conventional name. Does not read the disk.
 *
 * @param project the project in the name; needed if the name alone is ambiguous.
 * @throws ImageError NAMING
 */
export function archiveOf({ settings, place }: Workspace, name: string, project?: string): string {
  const parts = checkConvention(settings, name, project === undefined ? [] : [project]);
  return inside(place.folder, parts.project, `${name}.tar`);
}

/** Checks a name against the convention and `naming.pattern` of the settings. @throws ImageError NAMING */
export function checkConvention(
  { namePattern }: Settings,
  name: string,
  projects: readonly string[],
): ImageName {
  const parts = checkName(name, projects);
  if (!namePattern || namePattern.test(name)) return parts;
  throw new ImageError(
    'NAMING',
    `name: expected ${String(namePattern)} (${SETTINGS_FILE}, naming.pattern), got ${JSON.stringify(name)}`,
  );
}

async function rootOf(folder: string): Promise<string> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    for (const marker of ROOT_MARKERS) if (await exists(join(at, marker))) return at;
    if (dirname(at) === at) return resolve(folder);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Reads a settings file; empty settings if it does not have to exist and does not. @throws ImageError USAGE, NOT_FOUND */
export async function readSettings(path: string, required: boolean): Promise<Settings> {
  const bytes = await readUpTo(path, DOCUMENT_LIMIT);
  if (bytes || !required) return parseSettings({ text: bytes?.toString() ?? '', path });
  throw new ImageError('NOT_FOUND', `${path}: no such settings file`, {
    location: path,
  });
}
