import { findSums } from '../../archive/split-archive.js';
import { statIfExists } from '../../disk/allocated.js';
import { ImageError } from '../../errors.js';
import {
  absolutePath,
  parseLocation,
  parseRepositoryLocation,
  type Location,
  type RepositoryLocation,
} from '../../location.js';
import { isPattern, looksLikeFile } from '../../location-form.js';
import type { Digest } from '../../oci/digest.js';
import { canonicalReference, formatReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { option } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { destinationOf, parseTarget } from '../workspace/inputs/registry-address.js';
import type { Workspace } from '../workspace/workspace.js';

/** The place that stands in for the registries of references. */
export interface LoadPlace {
  /** Registries and archives that are read in place of those of the references. */
  readonly locations: readonly Location[];
  /** Finds the image of a reference. @throws ImageError NOT_FOUND */
  find(wanted: RepositoryLocation): Promise<Opened>;
}

/** Options for reading images from another place. */
export interface LoadPlaceOptions extends VerbOptions {
  readonly cwd: string;
  /** Opens a location; its source belongs to the caller. */
  readonly open: (location: Location, plainHttp?: boolean) => Promise<Opened>;
}

/**
 * Opens the place from which images are taken in place of the registries that their references name: archives and folders,
 * by name or digest; or a registry as `HOST[:PORT][/PREFIX]`, which has them as `push` names them.
 *
 * @throws ImageError NOT_FOUND, USAGE (neither), and those of `open`
 */
export async function openPlace(
  workspace: Workspace,
  from: string,
  { cwd, open }: LoadPlaceOptions,
): Promise<LoadPlace> {
  const where = { ...workspace, cwd };
  if (!(await isOnDisk(from, absolutePath(from, where)))) {
    const target = parseTarget(from.replace(/^docker:\/\//, ''), option('from'));
    const mirrored = ({ parsed }: RepositoryLocation): Location =>
      parseRepositoryLocation(destinationOf(target, parsed));
    return {
      locations: [mirrored(parseRepositoryLocation('x'))],
      find: async (wanted) => open(mirrored(wanted), target.plainHttp),
    };
  }
  const archives: Location[] = [];
  for (const path of await expandInputs([from], cwd))
    archives.push(await parseLocation(path, where));
  let index: Promise<Index> | undefined;
  return {
    locations: archives,
    find: async ({ parsed, text }) => {
      const { byName, byDigest } = await (index ??= indexOf(archives, open));
      const { digest, ...name } = parsed;
      const found = digest === undefined ? byName.get(formatReference(name)) : byDigest.get(digest);
      if (found) return found;
      throw new ImageError('NOT_FOUND', `no image ${text.replace(/^docker:\/\//, '')} in ${from}`, {
        location: from,
      });
    },
  };
}

async function isOnDisk(from: string, path: string): Promise<boolean> {
  if (looksLikeFile(from) || isPattern(from)) return true;
  return (await statIfExists(path)) !== undefined || (await findSums(path)) !== undefined;
}

/** The images of archives. */
interface Index {
  readonly byName: ReadonlyMap<string, Opened>;
  readonly byDigest: ReadonlyMap<Digest, Opened>;
}

async function indexOf(
  archives: readonly Location[],
  open: LoadPlaceOptions['open'],
): Promise<Index> {
  const byName = new Map<string, Opened>();
  const byDigest = new Map<Digest, Opened>();
  for (const location of archives) {
    const opened = await open(location);
    for await (const { descriptor, reference } of opened.source.list()) {
      const image = { ...opened, reference: descriptor.digest };
      byDigest.set(descriptor.digest, image);
      if (reference !== undefined) byName.set(canonicalReference(reference), image);
    }
  }
  return { byName, byDigest };
}
