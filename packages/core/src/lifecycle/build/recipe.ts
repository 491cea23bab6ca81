import { join, relative, resolve } from 'node:path';
import { arch } from 'node:os';
import { contextRoots, listContext } from '../../build/context/context.js';
import { hashInputs } from '../../build/inputs.js';
import type { Base } from '../../build/make-options.js';
import type { ContextFile } from '../../build/source-files/context-file.js';
import { FileHashes } from '../../build/source-files/file-hashes.js';
import { hashesFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { Definition, Facts } from '../../definition/definition.js';
import { toSlashes } from '../../disk/paths/slashed.js';
import { ImageError } from '../../errors.js';
import { digestOf, hexOf } from '../../oci/digest.js';
import { parsePlatform, type Platform } from '../../oci/platform.js';
import type { Environment } from '../../surroundings.js';
import type { CallOptions } from '../../transfer/store.js';
import { openBase } from './base.js';
import { contextFolder } from './context-folder.js';
import { dockerfileOf } from './dockerfile.js';
import { listContexts } from './list-contexts.js';
import type { Workspace } from '../workspace/workspace.js';
import type { DefinitionOptions, FoundDefinition } from '../workspace/definitions.js';

/** A definition with all inputs of its image: files listed, base opened, inputs hashed. Owns the base. */
export interface Recipe extends AsyncDisposable {
  readonly definition: Definition;
  /** The folder of the definition, absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  /** The files of further contexts, by name. */
  readonly contexts: ReadonlyMap<string, readonly ContextFile[]>;
  readonly base: Base | undefined;
  /** The `base` of the image's record. */
  readonly origin: ImageRecord['base'];
  /** Compilers, packages and tools of the image: those of the base and those of the definition. */
  readonly facts: Facts;
  /** Network mode of build steps and tests. */
  readonly network: string | undefined;
  /** Seconds since 1970 for every time inside the image. */
  readonly epoch: number;
  /** Platforms to build; at least one. */
  readonly platforms: readonly Platform[];
  /** Hash of all inputs (sha256, hex). */
  readonly inputs: string;
  /** Outside images without a digest, which keep the image from being shared; empty in a workspace without a share. */
  readonly unpinned: readonly string[];
}

/** Options for finding the inputs of a definition. */
export interface RecipeOptions extends CallOptions, DefinitionOptions {
  /** Platforms to build; those of the definition when omitted, else linux on the architecture of this machine. */
  readonly platforms?: readonly Platform[] | undefined;
  /** Keep no hashes of files. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Finds, opens and hashes the inputs of a definition's image.
 *
 * @throws ImageError NOT_FOUND (context, base), USAGE, CORRUPT (the base), CONFLICT (the base does not have the
 *   locked digest)
 */
export async function openRecipe(
  workspace: Workspace,
  found: FoundDefinition,
  options: RecipeOptions,
): Promise<Recipe> {
  const { definition, folder } = found;
  const { root, settings, surroundings } = workspace;
  const context = await contextFolder(root, { definition, folder });
  const files = await listContext(context, contextRoots(definition), {
    ...options,
    dockerfile: definition.dockerfile,
    secretFiles: secretFiles(found),
  });
  const contexts = await listContexts(root, found, {
    ...options,
    secretFiles: secretFiles(found),
  });
  const epoch = epochOf(surroundings.env);
  const platforms = platformsFor(definition, options);
  const network = definition.network ?? settings.network;
  const { base, origin, facts } = (await openBase(workspace, definition, folder)) ?? {};
  const hashes = await FileHashes.open({
    path: hashesPath(workspace, definition, context),
    context,
  });
  const inputs = await hashInputs({
    network,
    definition,
    context,
    files,
    contexts,
    base: origin?.digest,
    epoch,
    platforms,
    hashes,
    signal: options.signal,
  });
  if (!options.dryRun) await hashes.keep();
  return {
    definition,
    folder,
    context,
    files,
    contexts,
    base,
    epoch,
    origin,
    facts: mergeFacts(definition.facts, facts),
    platforms,
    network,
    inputs,
    unpinned: settings.share ? await unpinnedOf(root, found, origin) : [],
    [Symbol.asyncDispose]: async () => base?.source?.[Symbol.asyncDispose](),
  };
}

/** The file with hashes of the files that a definition lists: definitions that list the same share it. */
function hashesPath({ root, place }: Workspace, definition: Definition, context: string): string {
  const list = [toSlashes(relative(root, context)), ...contextRoots(definition)];
  const name = hexOf(digestOf(Buffer.from(JSON.stringify(list))));
  return join(hashesFolder(place), `${name}.bin`);
}

/** The absolute paths of a definition's secrets that are files. They belong in no context. */
export function secretFiles({
  definition,
  folder,
}: Pick<FoundDefinition, 'definition' | 'folder'>): string[] {
  return (definition.secrets ?? []).flatMap(({ file }) =>
    file === undefined ? [] : [resolve(folder, file)],
  );
}

async function unpinnedOf(
  root: string,
  found: FoundDefinition,
  origin: Recipe['origin'],
): Promise<readonly string[]> {
  const { definition } = found;
  const { unpinnedImages } = await import('../../share/unpinned.js');
  return unpinnedImages({
    definition,
    dockerfile: definition.dockerfile === undefined ? undefined : await dockerfileOf(root, found),
    hasBaseDigest: origin !== undefined,
  });
}

function mergeFacts(own: Facts, base: Facts | undefined): Facts {
  const both = (key: keyof Facts) => [...new Set([...(base?.[key] ?? []), ...own[key]])];
  return { compilers: both('compilers'), packages: both('packages'), tools: both('tools') };
}

function platformsFor(
  { platforms }: Definition,
  options: Pick<RecipeOptions, 'platforms'>,
): readonly Platform[] {
  const wanted = options.platforms?.length ? options.platforms : platforms;
  return wanted.length > 0 ? wanted : [parsePlatform(`linux/${arch()}`)];
}

function epochOf({ SOURCE_DATE_EPOCH: text = '0' }: Environment): number {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  throw new ImageError(
    'USAGE',
    `SOURCE_DATE_EPOCH: expected seconds since 1970, got ${JSON.stringify(text)}`,
  );
}
