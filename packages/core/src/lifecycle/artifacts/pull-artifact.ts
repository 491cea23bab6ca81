import { dirname } from 'node:path';
import { statIfExists } from '../../disk/allocated.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { inside } from '../../disk/paths/inside.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError, shortList } from '../../errors.js';
import { absolutePath, type RepositoryLocation } from '../../location.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseManifest } from '../../oci/manifest.js';
import { formatReference } from '../../oci/reference.js';
import { readContent, verified } from '../../transfer/verified.js';
import { option, wording } from '../../wording.js';
import { RegistryClients } from '../remote/registry-clients.js';
import { parseRemoteImage } from '../remote/registry-image.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { TITLE } from './attach.js';
import { foldedName, ignoresCase } from './ignores-case.js';

/** Options for pulling the files of an artifact. */
export interface PullArtifactOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** The folder to write to; `cwd` when omitted. */
  readonly output?: string | undefined;
  /** Pull the artifact of this type that is attached to the reference, not the reference itself. */
  readonly artifactType?: string | undefined;
  /** Overwrite existing files. */
  readonly force?: boolean | undefined;
}

/** An artifact that was pulled. */
export interface PulledArtifact {
  /** `HOST[:PORT]/REPOSITORY@DIGEST`. */
  readonly reference: string;
  readonly artifactType: string | null;
  /** Paths are absolute. */
  readonly files: readonly {
    readonly path: string;
    readonly digest: Digest;
    readonly size: number;
  }[];
}

/**
 * Writes the files of an artifact to a folder, verified. A file has the name of the annotation `org.opencontainers.image.title`,
 * which never leads out of the folder, else that of its digest.
 *
 * @throws ImageError USAGE (an index), NOT_FOUND, AMBIGUOUS (several artifacts of the type), CONFLICT (a file exists), INVALID (a
 *   name out of the folder, or one that occurs twice), CORRUPT, NO_SPACE, UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function pullArtifact(
  workspace: Workspace,
  reference: string,
  options: PullArtifactOptions,
): Promise<PulledArtifact> {
  const { cwd, output = '.' } = options;
  const folder = absolutePath(output, { cwd, surroundings: workspace.surroundings });
  const image = parseRemoteImage(reference);
  await using clients = new RegistryClients(workspace, options);
  const repository = await clients.repository(image.parsed);
  const artifact = await findArtifact(repository, image, options);
  const manifest = parseManifest(
    artifact.mediaType,
    await readContent(repository, artifact, options),
  );
  if (manifest.kind === 'index')
    throw new ImageError('USAGE', `${reference}: this is an index, not an artifact with files`);
  const files = manifest.layers.map((layer) => ({ layer, path: pathOf(folder, layer) }));
  await requireDistinct(files, folder, reference);
  for (const { path } of files) {
    await requireFolderBelow(folder, dirname(path));
    if (!options.force && (await statIfExists(path)))
      throw new ImageError('CONFLICT', `${path}: the file exists already`, {
        location: path,
        hint: wording`Overwrite it with ${option('force')}.`,
      });
  }
  if (!options.dryRun)
    for (const { layer, path } of files) {
      const { location } = repository;
      const content = verified(repository.read(layer, options), layer, { ...options, location });
      await writeAtomically(path, content);
    }
  const { registry, repository: name } = image.parsed;
  return {
    reference: formatReference({ registry, repository: name, digest: artifact.digest }),
    artifactType: manifest.artifactType ?? manifest.config.mediaType,
    files: files.map(({ layer: { digest, size }, path }) => ({ path, digest, size })),
  };
}

/** @throws ImageError INVALID (two files with one name, also with names that are one file in the folder) */
async function requireDistinct(
  files: readonly { readonly path: string }[],
  folder: string,
  reference: string,
): Promise<void> {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const other = seen.get(foldedName(path));
    seen.set(foldedName(path), path);
    if (other === path)
      throw new ImageError('INVALID', `${reference}: two files have the same name: ${path}`);
    if (other !== undefined && (await ignoresCase(folder)))
      throw new ImageError(
        'INVALID',
        `${reference}: ${other} and ${path} are one file on this file system`,
        { location: reference, hint: 'Choose a folder of a file system that is case-sensitive.' },
      );
  }
}

/** The artifact to pull: the image itself, or the one of a type that is attached to it. @throws ImageError NOT_FOUND, AMBIGUOUS */
async function findArtifact(
  repository: Repository,
  { text, reference }: RepositoryLocation,
  options: PullArtifactOptions,
): Promise<Descriptor> {
  const { artifactType } = options;
  const { descriptor } = await repository.resolve(reference, options);
  if (artifactType === undefined) return descriptor;
  const [found, types]: [Descriptor[], Set<string>] = [[], new Set()];
  for await (const referrer of repository.referrers(descriptor, options)) {
    types.add(referrer.artifactType ?? referrer.mediaType);
    if (referrer.artifactType === artifactType) found.push(referrer);
  }
  const [one, ...others] = found;
  if (one && others.length === 0) return one;
  const all = one ? shortList(found.map(({ digest }) => digest)) : shortList([...types]) || 'none';
  throw new ImageError(
    one ? 'AMBIGUOUS' : 'NOT_FOUND',
    one
      ? `${text}: several artifacts of the type ${artifactType}: ${all}`
      : `${text}: no artifact of the type ${artifactType}; the types are: ${all}`,
    one ? { hint: 'Name one by its digest, as REPOSITORY@DIGEST.' } : {},
  );
}

/** @throws ImageError INVALID (a name that leads out of the folder) */
function pathOf(folder: string, { annotations, digest }: Descriptor): string {
  const path = inside(folder, annotations?.[TITLE] ?? digest.replace(':', '-'));
  if (path !== folder) return path;
  throw new ImageError('INVALID', `${folder}: a file of the artifact has the name of this folder`);
}
