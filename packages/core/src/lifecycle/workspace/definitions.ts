import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { DEFINITION_FILE, parseDefinition, type Definition } from '../../definition/definition.js';
import { isBelow } from '../../disk/paths/inside.js';
import { DOCUMENT_LIMIT, readUpTo } from '../../disk/paths/own-file.js';
import { realPath } from '../../disk/paths/real-path.js';
import { ImageError, shortList } from '../../errors.js';
import type { VerbOptions } from './call.js';
import { definitionFiles } from './definition-files.js';
import { checkConvention, type Workspace } from './workspace.js';

/**
 * Finds every definition of a workspace, sorted by path. An invalid one is reported as a notice and skipped. Definitions of one
 * name are reported, too.
 */
export async function findDefinitions(
  { root }: Pick<Workspace, 'root'>,
  { onEvent }: Pick<VerbOptions, 'onEvent'> = {},
): Promise<FoundDefinition[]> {
  const found: FoundDefinition[] = [];
  for (const path of await definitionFiles(root)) {
    try {
      const text = (await readUpTo(path, DOCUMENT_LIMIT))?.toString() ?? '';
      found.push({ definition: parseOnce(text, path), folder: dirname(path) });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      onEvent?.({ type: 'notice', text: `skipped: ${error.message}` });
    }
  }
  for (const each of namesakes(found)) onEvent?.({ type: 'notice', text: sameName(each) });
  return found;
}

/**
 * Refuses definitions whose names others have, too: their images would replace each other.
 *
 * @throws ImageError NAMING
 */
export async function refuseNamesakes(
  workspace: Pick<Workspace, 'root'>,
  found: readonly FoundDefinition[],
): Promise<void> {
  const folders = new Set(found.map(({ folder }) => folder));
  const others = (await findDefinitions(workspace)).filter(({ folder }) => !folders.has(folder));
  const names = new Set(found.map(({ definition }) => definition.name));
  const [first] = namesakes([...found, ...others]).filter(({ name }) => names.has(name));
  if (!first) return;
  throw new ImageError('NAMING', sameName(first), {
    hint: 'Give one of them another project:, os: or variant:.',
  });
}

function sameName({ name, paths }: Namesakes): string {
  return `${name}: ${paths.length} definitions have this name, so their images would replace each other: ${shortList(paths)}`;
}

/** Definitions of one name, whose images would replace each other. */
export interface Namesakes {
  readonly name: string;
  /** Absolute paths of their files, at least two. */
  readonly paths: readonly string[];
}

/** The names that several definitions have. */
export function namesakes(found: readonly FoundDefinition[]): Namesakes[] {
  const byName = new Map<string, string[]>();
  for (const { definition, folder } of found) {
    const { name } = definition;
    byName.set(name, [...(byName.get(name) ?? []), join(folder, DEFINITION_FILE)]);
  }
  return [...byName].flatMap(([name, paths]) => (paths.length > 1 ? [{ name, paths }] : []));
}

/** A definition and the folder that its paths are relative to. */
export interface FoundDefinition {
  readonly definition: Definition;
  /** Absolute. */
  readonly folder: string;
}

/** Options for finding a definition. */
export interface DefinitionOptions {
  /** Relative paths start here. */
  readonly cwd: string;
}

/** Reads an `image.yaml`, given as its path or its folder. @throws ImageError NOT_FOUND, USAGE, NAMING */
export async function readDefinition(
  { root, settings }: Workspace,
  path: string,
  { cwd }: DefinitionOptions,
): Promise<FoundDefinition> {
  const given = resolve(cwd, path);
  const file = (await isFolder(given)) ? join(given, DEFINITION_FILE) : given;
  const definition = parseOnce(await readText(file), file);
  checkConvention(settings, definition.name, [definition.project]);
  return { definition, folder: await ownPath(root, dirname(file)) };
}

/** The path of a folder below the root of the workspace, also when it is given through a link, as /var is one on macOS. */
async function ownPath(root: string, folder: string): Promise<string> {
  const [home, real] = await Promise.all([realPath(root), realPath(folder)]);
  const isOwn = home !== undefined && real !== undefined && isBelow(home, real);
  return isOwn ? join(root, relative(home, real)) : folder;
}

/** Definitions that this process parsed, by path, with the text of each. */
const parsed = new Map<string, { readonly text: string; readonly definition: Definition }>();

/** Parses a definition, or takes the one that was parsed from the same text: a command may read all of them several times. */
function parseOnce(text: string, path: string): Definition {
  const known = parsed.get(path);
  if (known?.text === text) return known.definition;
  const definition = parseDefinition({ text, path });
  parsed.set(path, { text, definition });
  return definition;
}

async function readText(path: string): Promise<string> {
  const bytes = await readUpTo(path, DOCUMENT_LIMIT);
  if (bytes) return bytes.toString();
  throw new ImageError('NOT_FOUND', `${path}: no such definition`, {
    location: path,
    hint: 'Create one with nx g @stowage/images:image.',
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
