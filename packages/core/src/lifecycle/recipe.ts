import { readFile, stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { contextRoots, listContext, type ContextFile } from '../build/context.js';
import { hashInputs } from '../build/inputs.js';
import type { Base } from '../build/make.js';
import type { ImageRecord } from '../catalog/record.js';
import {
  DEFINITION_FILE,
  parseDefinition,
  SCRATCH,
  type Definition,
} from '../definition/definition.js';
import { parseName } from '../definition/name.js';
import { ImageError, systemCode } from '../errors.js';
import { parsePlatform, type Platform } from '../oci/platform.js';
import { canonicalReference } from '../oci/reference.js';
import type { CallOptions } from '../transfer/store.js';
import { openLocation } from '../open.js';
import { conventionalName, type Workspace } from './workspace.js';

/** A definition with all that its image is made from: found, open, hashed. Owns the base. */
export interface Recipe extends AsyncDisposable {
  readonly definition: Definition;
  /** Absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  readonly base: Base | undefined;
  /** What the record says of the base. */
  readonly origin: ImageRecord['base'];
  /** Seconds since 1970 for every time inside the image. */
  readonly epoch: number;
  /** What the image is made for. */
  readonly platform: Platform;
  /** Equal for equal inputs. */
  readonly inputs: string;
}

export interface RecipeOptions extends CallOptions {
  readonly cwd: string;
  /** That of the definition, else linux on this machine's architecture, when omitted. */
  readonly platform?: Platform | undefined;
  /** For SOURCE_DATE_EPOCH. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Reads a definition (`image.yaml`, or the folder that holds it) and finds what its image is made from.
 *
 * @throws ImageError NOT_FOUND (definition, context, base), USAGE, NAMING, CORRUPT (the base)
 */
export async function openRecipe(
  workspace: Workspace,
  path: string,
  { cwd, env = process.env, ...options }: RecipeOptions,
): Promise<Recipe> {
  const { definition, file } = await readDefinition(workspace, path, { cwd });
  const context = resolve(dirname(file), definition.context);
  const files = await listContext(context, contextRoots(definition));
  const epoch = epochOf(env);
  const platform = options.platform ?? definition.platform ?? parsePlatform(`linux/${arch()}`);
  const base = await openBase(workspace, definition, dirname(file));
  const digest = base?.source && (await base.source.resolve(base.reference)).descriptor.digest;
  return {
    definition,
    context,
    files,
    base,
    epoch,
    origin: digest && { name: definition.base, digest },
    platform,
    inputs: await hashInputs({
      definition,
      context,
      files,
      base: digest,
      epoch,
      platform,
      signal: options.signal,
    }),
    [Symbol.asyncDispose]: async () => base?.source?.[Symbol.asyncDispose](),
  };
}

/** Reads `image.yaml`, or the one in a folder. @throws ImageError NOT_FOUND, USAGE, NAMING */
export async function readDefinition(
  { settings }: Workspace,
  path: string,
  { cwd }: Pick<RecipeOptions, 'cwd'>,
): Promise<{ readonly definition: Definition; readonly file: string }> {
  const given = resolve(cwd, path);
  const file = (await isFolder(given)) ? join(given, DEFINITION_FILE) : given;
  const definition = parseDefinition({ text: await readText(file), path: file });
  conventionalName(settings, definition.name, [definition.project]);
  return { definition, file };
}

/** A path or an image of the workspace, else a reference in the embedded store, else one for the engine to find. */
async function openBase(
  { place }: Workspace,
  { base, dockerfile }: Definition,
  folder: string,
): Promise<Base | undefined> {
  if (base === SCRATCH) return undefined;
  const isPath = /^[.~/\\]/.test(base) || base.endsWith('.tar');
  const location = isPath || parseName(base) ? base : `store:${base}`;
  const nowhere = () => {
    throw new TypeError('a base is never opened from an engine or standard input');
  };
  const opened = await openLocation(location, {
    place,
    cwd: folder,
    stdin: nowhere,
    engine: nowhere,
  });
  try {
    const image = await opened.source.resolve(opened.reference);
    const reference = image.reference ?? opened.record?.reference;
    if (reference !== undefined) return { source: opened.source, reference };
    throw new ImageError('USAGE', `base ${base}: expected an image with a name, got one without`, {
      location: base,
    });
  } catch (error) {
    await opened.source[Symbol.asyncDispose]();
    const isAbsent = error instanceof ImageError && error.code === 'NOT_FOUND';
    if (!isAbsent || !location.startsWith('store:')) throw error;
    if (dockerfile !== undefined) return { reference: canonicalReference(base) };
    throw new ImageError('NOT_FOUND', `base ${base}: expected it in the embedded store, got none`, {
      location: base,
      hint: 'Put it there (stowage load ARCHIVE --engine embedded), or name an archive or an image of the workspace.',
      cause: error,
    });
  }
}

function epochOf({
  SOURCE_DATE_EPOCH: text = '0',
}: Readonly<Record<string, string | undefined>>): number {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  throw new ImageError(
    'USAGE',
    `SOURCE_DATE_EPOCH: expected seconds since 1970, got ${JSON.stringify(text)}`,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new ImageError('NOT_FOUND', `${path}: expected a definition, got no such file`, {
      location: path,
      hint: 'nx g @stowage/images:image makes one.',
      cause: error,
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
