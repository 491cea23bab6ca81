import { ImageError, type ErrorCode } from '../../errors.js';
import { formatReference } from '../../oci/reference.js';
import type { VerbOptions } from '../workspace/call.js';
import { parseTarget } from '../workspace/inputs/registry-address.js';
import type { Workspace } from '../workspace/workspace.js';
import { RegistryClients } from './registry-clients.js';
import { parseRegistryRepository } from './registry-image.js';

/** The repositories of a registry. */
export interface RegistryListing {
  /** `HOST[:PORT]`. */
  readonly registry: string;
  /** Without the host, sorted by their characters. */
  readonly repositories: readonly string[];
}

/** The tags of a repository. */
export interface TagListing {
  /** `HOST[:PORT]/REPOSITORY`. */
  readonly repository: string;
  /** Sorted by their characters: registries list them in any order. */
  readonly tags: readonly string[];
}

/**
 * Lists a registry as its address asks: the repositories of `HOST[:PORT]`, or the tags of `HOST[:PORT]/REPOSITORY`.
 *
 * @throws ImageError USAGE, NOT_FOUND (no such repository), UNSUPPORTED (the registry has no catalog), UNAUTHORIZED, DENIED, TOO_LARGE,
 *   UNAVAILABLE
 */
export async function listRegistry(
  workspace: Workspace,
  address: string,
  options: VerbOptions,
): Promise<RegistryListing | TagListing> {
  const named = address.replace(/^docker:\/\//, '').replace(/\/+$/, '');
  const { prefix } = parseTarget(named, 'registry');
  return prefix === ''
    ? listRepositories(workspace, named, options)
    : listTags(workspace, named, options);
}

/**
 * Lists the repositories of a registry, all pages of its catalog (`GET /v2/_catalog`).
 *
 * @param address `HOST[:PORT]`, or `HOST[:PORT]/PREFIX` for the repository of that name and those below it.
 * @throws ImageError USAGE, UNSUPPORTED (the registry has no catalog), UNAUTHORIZED, DENIED, TOO_LARGE, UNAVAILABLE
 */
export async function listRepositories(
  workspace: Workspace,
  address: string,
  options: VerbOptions,
): Promise<RegistryListing> {
  const { registry, prefix, plainHttp } = parseTarget(address, 'registry');
  await using clients = new RegistryClients(workspace, {
    ...options,
    registry: { ...options.registry, plainHttp: plainHttp ?? options.registry?.plainHttp },
  });
  const { catalogOf } = await import('../../distribution/catalog-of.js');
  const repositories: string[] = [];
  try {
    for await (const name of catalogOf(await clients.client(registry), options))
      if (prefix === '' || name === prefix || name.startsWith(`${prefix}/`))
        repositories.push(name);
  } catch (error) {
    throw asCatalogError(error, registry);
  }
  return { registry, repositories: repositories.sort() };
}

/**
 * Lists the tags of a repository, all pages (distribution spec 1.1 § Listing Tags).
 *
 * @param repository `HOST[:PORT]/REPOSITORY`, without a tag.
 * @throws ImageError USAGE, NOT_FOUND (no such repository), UNAUTHORIZED, DENIED, TOO_LARGE, UNAVAILABLE
 */
export async function listTags(
  workspace: Workspace,
  repository: string,
  options: VerbOptions,
): Promise<TagListing> {
  const parsed = parseRegistryRepository(repository);
  const name = formatReference(parsed);
  await using clients = new RegistryClients(workspace, options);
  const opened = await clients.repository(parsed);
  const tags: string[] = [];
  try {
    for await (const tag of opened.tags({ ...options, required: true })) tags.push(tag);
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'NOT_FOUND') throw error;
    throw new ImageError('NOT_FOUND', `${name}: no such repository`, {
      location: name,
      cause: error,
    });
  }
  return { repository: name, tags: tags.sort() };
}

/** Codes by which registries without a catalog refuse to list it. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'UNSUPPORTED']);

function asCatalogError(error: unknown, registry: string): unknown {
  if (!(error instanceof ImageError) || !REFUSALS.has(error.code)) return error;
  return new ImageError(
    'UNSUPPORTED',
    `${registry}: this registry does not list its repositories`,
    {
      location: registry,
      hint: `Name a repository, as in ${registry}/REPOSITORY, to list its tags.`,
      cause: error,
    },
  );
}
