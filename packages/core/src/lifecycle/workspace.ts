import { access, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { CatalogPlace } from '../catalog/file.js';
import { checkName, type ImageName } from '../definition/name.js';
import { parseSettings, SETTINGS_FILE, type Settings } from '../definition/settings.js';
import { detectEngine, type EngineOptions } from '../engine/detect.js';
import type { Engine } from '../engine/engine.js';
import { ImageError, systemCode } from '../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../oci/limits.js';
import { openLocation, type Opened, type OpenOptions } from '../open.js';
import { size } from './amounts.js';

/** A folder with archives, settings and a catalog. All paths are absolute. */
export interface Workspace {
  readonly root: string;
  readonly settings: Settings;
  readonly place: CatalogPlace;
  readonly limits: Limits;
}

/** How a workspace is opened. */
export interface WorkspaceOptions {
  /** A settings file to use in place of `stowage.yaml` at the root. */
  readonly config?: string | undefined;
}

/** Found from the inside out; a folder with none of them is a workspace of its own. */
const MARKERS = [SETTINGS_FILE, 'nx.json', '.git'];

/**
 * Finds the workspace around a folder (the nearest parent with `stowage.yaml`, `nx.json` or `.git`, else the folder itself)
 * and reads its settings.
 *
 * @throws ImageError USAGE (bad settings), NOT_FOUND (`config`)
 */
export async function openWorkspace(
  folder: string,
  { config }: WorkspaceOptions = {},
): Promise<Workspace> {
  const root = await rootOf(folder);
  const path = config === undefined ? join(root, SETTINGS_FILE) : resolve(folder, config);
  const settings = parseSettings({ text: await readSettings(path, config !== undefined), path });
  const images = isAbsolute(settings.images) ? settings.images : join(root, settings.images);
  return {
    root,
    settings,
    place: { workspace: root, folder: images, state: join(root, '.stowage') },
    limits: limitsOf(settings),
  };
}

/** @throws ImageError USAGE */
function limitsOf({ limits }: Settings): Limits {
  const bytes = (key: 'manifest' | 'unpacked' | 'tar_header', normally: number): number => {
    const text = limits[key];
    return text === undefined ? normally : size(text, `${SETTINGS_FILE} limits.${key}`);
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

/** Opens a location as {@link openLocation} does, held to the workspace's limits. */
export function openIn(
  { place, limits }: Workspace,
  location: string,
  options: Omit<OpenOptions, 'place' | 'limits'>,
): Promise<Opened> {
  return openLocation(location, { ...options, place, limits });
}

/**
 * Opens the engine of a workspace: the one that is given, else that of the settings, else the first that answers.
 *
 * @throws ImageError UNAVAILABLE, USAGE (an address)
 */
export async function openEngine(
  { settings, place }: Workspace,
  { engine, host, namespace }: Pick<EngineOptions, 'engine' | 'host' | 'namespace'> = {},
): Promise<Engine> {
  return detectEngine({
    engine: engine ?? settings.engine,
    host: host ?? settings.host,
    namespace,
    storeFolder: join(place.state, 'store'),
  });
}

/**
 * The path at which the image of a conventional name is kept. Does not look at the disk.
 *
 * @param project the project of the name, where its end is not clear from the name alone.
 * @throws ImageError NAMING
 */
export function archiveOf({ settings, place }: Workspace, name: string, project?: string): string {
  const parts = conventionalName(settings, name, project === undefined ? [] : [project]);
  return join(place.folder, parts.project, `${name}.tar`);
}

/** Holds a name to the convention and to the workspace's own rule. @throws ImageError NAMING */
export function conventionalName(
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
    for (const marker of MARKERS) if (await exists(join(at, marker))) return at;
    if (dirname(at) === at) return resolve(folder);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readSettings(path: string, required: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    if (!required) return '';
    throw new ImageError('NOT_FOUND', `${path}: expected the settings, got no such file`, {
      location: path,
      cause: error,
    });
  }
}
