import type { Digest } from '../../oci/digest.js';
import { parseLocation, type Location } from '../../location.js';
import { familiarReference, formatReference, parseReference } from '../../oci/reference.js';
import type { Bytes } from '../../transfer/store.js';
import type { VerbOptions } from '../workspace/call.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { noticesOf } from '../workspace/notices.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';

/** Options for comparing images. */
export interface CompareOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
}

/** An image on both sides, with other content. */
export interface ChangedImage {
  readonly name: string;
  readonly before: Digest;
  readonly after: Digest;
}

/** How the images of two locations differ; each list is sorted by name. */
export interface Comparison {
  readonly added: readonly ComparedImage[];
  readonly changed: readonly ChangedImage[];
  readonly gone: readonly ComparedImage[];
  /** Images with the same name and digest. */
  readonly same: readonly ComparedImage[];
}

/** An image on one side, or the same on both. */
export interface ComparedImage {
  /** Its name; its digest if it has none. */
  readonly name: string;
  readonly digest: Digest;
}

/**
 * Compares the images of two locations by name and digest; no layer is read. A folder stands for the archives in it, a
 * repository of a registry (`docker://HOST/REPOSITORY`, without a tag) for all its tags. Two repositories are compared by tag;
 * a repository and something else by repository and tag, without the registry.
 *
 * @throws ImageError NOT_FOUND, INVALID, CORRUPT, UNAVAILABLE, UNAUTHORIZED, DENIED
 */
export async function compare(
  workspace: Workspace,
  [before, after]: readonly [before: string, after: string],
  options: CompareOptions,
): Promise<Comparison> {
  const where = { ...workspace, cwd: options.cwd };
  const parse = async (text: string): Promise<Location[]> =>
    Promise.all(
      (await expandInputs([text], options.cwd)).map((each) => parseLocation(each, where)),
    );
  const sides = [await parse(before), await parse(after)] as const;
  requireOneLogin(options.registry, sides.flat());
  const remote = sides.filter((side) => side.some(({ kind }) => kind === 'repository')).length;
  const nameOf = [wholeName, withoutRegistry, tagOf][remote] ?? wholeName;
  const old = await imagesOf(workspace, sides[0], nameOf, options);
  const young = await imagesOf(workspace, sides[1], nameOf, options);
  return difference(old, young);
}

type Images = ReadonlyMap<string, Digest>;
type Naming = (reference: string) => string;

const wholeName: Naming = (reference) => familiarReference(parseReference(reference));

function withoutRegistry(reference: string): string {
  const { registry, ...name } = parseReference(reference);
  return formatReference({ registry, ...name }).slice(registry.length + 1);
}

function tagOf(reference: string): string {
  const { tag } = parseReference(reference);
  return tag ?? reference;
}

async function imagesOf(
  workspace: Workspace,
  locations: readonly Location[],
  nameOf: Naming,
  options: CompareOptions,
): Promise<Images> {
  await using engine = lazyEngine(workspace, options);
  const images = new Map<string, Digest>();
  for (const location of locations) {
    const opened = await openIn(workspace, location, { ...options, engine: engine.get });
    await using source = opened.source;
    for (const text of noticesOf(opened)) options.onEvent?.({ type: 'notice', text });
    const only = opened.reference !== undefined && !isWholeRepository(location);
    const all = only ? [await source.resolve(opened.reference, options)] : source.list(options);
    for await (const { descriptor, reference } of all)
      images.set(
        reference === undefined ? descriptor.digest : nameOf(reference),
        descriptor.digest,
      );
  }
  return images;
}

/** A repository without a tag or a digest. */
function isWholeRepository(location: Location): boolean {
  if (location.kind !== 'repository') return false;
  const last = location.reference.slice(location.reference.lastIndexOf('/') + 1);
  return !/[:@]/.test(last);
}

function difference(before: Images, after: Images): Comparison {
  const added: ComparedImage[] = [];
  const changed: ChangedImage[] = [];
  const same: ComparedImage[] = [];
  for (const [name, digest] of sorted(after)) {
    const old = before.get(name);
    if (old === undefined) added.push({ name, digest });
    else if (old === digest) same.push({ name, digest });
    else changed.push({ name, before: old, after: digest });
  }
  const gone = sorted(before).filter(([name]) => !after.has(name));
  return { added, changed, gone: gone.map(([name, digest]) => ({ name, digest })), same };
}

function sorted(images: Images): [string, Digest][] {
  return [...images].sort(([a], [b]) => (a < b ? -1 : 1));
}
