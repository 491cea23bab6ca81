import { arch } from 'node:os';
import { contextRoots, listContext, type ContextFile } from '../../build/context.js';
import { hashInputs } from '../../build/inputs.js';
import type { Base } from '../../build/make-options.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { Definition, Facts } from '../../definition/definition.js';
import { ImageError } from '../../errors.js';
import { parsePlatform, type Platform } from '../../oci/platform.js';
import type { CallOptions } from '../../transfer/store.js';
import { openBase } from './base.js';
import { contextFolder } from './context-folder.js';
import type { Workspace } from '../workspace/workspace.js';
import type { DefinitionOptions, FoundDefinition } from '../workspace/definitions.js';

/** A definition with all that its image is made from: found, open, hashed. Owns the base. */
export interface Recipe extends AsyncDisposable {
  readonly definition: Definition;
  /** Absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  readonly base: Base | undefined;
  /** What the record says of the base. */
  readonly origin: ImageRecord['base'];
  /** What will be in the image: what its base has, and what the definition adds. */
  readonly facts: Facts;
  /** Of build steps and tests. */
  readonly network: string | undefined;
  /** Seconds since 1970 for every time inside the image. */
  readonly epoch: number;
  /** What the image is made for. */
  readonly platforms: readonly Platform[];
  /** Equal for equal inputs. */
  readonly inputs: string;
}

/** How the inputs of a definition are found. */
export interface RecipeOptions extends CallOptions, DefinitionOptions {
  /** Platforms to build; those of the definition when omitted, else linux on the architecture of this machine. */
  readonly platforms?: readonly Platform[] | undefined;
  /** Environment variables, for SOURCE_DATE_EPOCH; those of this process when omitted. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Finds what the image of a definition is made from.
 *
 * @throws ImageError NOT_FOUND (context, base), USAGE, CORRUPT (the base), CONFLICT (not the base that was locked)
 */
export async function openRecipe(
  { root, place, settings }: Workspace,
  { definition, folder }: FoundDefinition,
  { env = process.env, ...options }: RecipeOptions,
): Promise<Recipe> {
  const context = await contextFolder(root, { definition, folder });
  const files = await listContext(context, contextRoots(definition), options);
  const epoch = epochOf(env);
  const platforms = platformsFor(definition, options);
  const { base, origin, facts } = (await openBase(place, definition, folder)) ?? {};
  return {
    definition,
    context,
    files,
    base,
    epoch,
    origin,
    facts: withBase(definition.facts, facts),
    platforms,
    network: definition.network ?? settings.network,
    inputs: await hashInputs({
      definition,
      context,
      files,
      base: origin?.digest,
      epoch,
      platforms,
      signal: options.signal,
    }),
    [Symbol.asyncDispose]: async () => base?.source?.[Symbol.asyncDispose](),
  };
}

function withBase(own: Facts, base: Facts | undefined): Facts {
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

function epochOf({
  SOURCE_DATE_EPOCH: text = '0',
}: Readonly<Record<string, string | undefined>>): number {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  throw new ImageError(
    'USAGE',
    `SOURCE_DATE_EPOCH: expected seconds since 1970, got ${JSON.stringify(text)}`,
  );
}
