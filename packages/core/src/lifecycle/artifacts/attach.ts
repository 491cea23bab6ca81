import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ignoreMissing } from '../../disk/if-there.js';
import { ImageError } from '../../errors.js';
import { absolutePath } from '../../location.js';
import { describe, withoutAnnotations, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { isMediaType, MediaType } from '../../oci/media-types.js';
import { formatReference } from '../../oci/reference.js';
import { oneChunk } from '../../transfer/copy.js';
import type { CallOptions } from '../../transfer/store.js';
import { RegistryClients } from '../remote/registry-clients.js';
import { parseRemoteImage } from '../remote/registry-image.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/** Options for attaching files to an image. */
export interface AttachOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** The type of the artifact, as `application/spdx+json`. */
  readonly artifactType: string;
  /** Media type of the files; `artifactType` when omitted. */
  readonly mediaType?: string | undefined;
  /** Annotations of the artifact. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** An artifact that was attached to an image. */
export interface AttachedArtifact {
  /** `HOST[:PORT]/REPOSITORY@DIGEST`. */
  readonly reference: string;
  readonly digest: Digest;
  readonly artifactType: string;
  /** Digest of the image that it refers to. */
  readonly subject: Digest;
  readonly files: readonly {
    readonly name: string;
    readonly digest: Digest;
    readonly size: number;
  }[];
}

/** The annotation with a file's name (image spec 1.1, annotations.md). */
export const TITLE = 'org.opencontainers.image.title';
const EMPTY = Buffer.from('{}');

/**
 * Attaches files to an image of a registry, as one artifact whose `subject` is the image (image spec 1.1, manifest.md § Guidelines for
 * Artifact Usage). A registry without the referrers API gets it listed in the referrers tag. The artifact has no time in it: to
 * attach the same files again changes nothing.
 *
 * @param reference an image by tag or digest.
 * @param files paths; their base names must differ.
 * @throws ImageError USAGE (a media type, a name that occurs twice), NOT_FOUND, UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function attach(
  workspace: Workspace,
  reference: string,
  files: readonly string[],
  options: AttachOptions,
): Promise<AttachedArtifact> {
  const { artifactType, mediaType = artifactType, annotations, cwd, signal } = options;
  for (const type of [artifactType, mediaType])
    if (!isMediaType(type))
      throw new ImageError(
        'USAGE',
        `${JSON.stringify(type)} is not a media type such as text/plain`,
      );
  const image = parseRemoteImage(reference);
  const { surroundings } = workspace;
  const paths = files.map((file) => absolutePath(file, { cwd, surroundings }));
  const layers: FileLayer[] = [];
  for (const path of paths) layers.push(await layerOf(path, mediaType, { signal }));
  requireDistinct(layers);
  await using clients = new RegistryClients(workspace, options);
  const repository = await clients.repository(image.parsed);
  const subject = (await repository.resolve(image.reference, options)).descriptor;
  const config = describe(MediaType.empty, EMPTY);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType,
      config,
      layers: layers.map(({ descriptor }) => descriptor),
      subject: withoutAnnotations(subject),
      ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    }),
  );
  const root = describe(MediaType.manifest, manifest);
  if (!options.dryRun) {
    const blobs = [
      { descriptor: config, open: (start = 0) => oneChunk(EMPTY.subarray(start)) },
      ...layers.map(({ descriptor, path }) => ({
        descriptor,
        open: (start = 0) => createReadStream(path, { start }),
      })),
    ];
    for (const { descriptor, open } of blobs)
      if (!(await repository.holds(descriptor, options)))
        await repository.write(descriptor, open, options);
    await repository.write(root, () => oneChunk(manifest), options);
  }
  const { registry, repository: name } = image.parsed;
  return {
    reference: formatReference({ registry, repository: name, digest: root.digest }),
    digest: root.digest,
    artifactType,
    subject: subject.digest,
    files: layers.map(({ name: file, descriptor: { digest, size } }) => ({
      name: file,
      digest,
      size,
    })),
  };
}

interface FileLayer {
  readonly path: string;
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** @throws ImageError NOT_FOUND, USAGE (not a file) */
async function layerOf(
  path: string,
  mediaType: string,
  { signal }: CallOptions,
): Promise<FileLayer> {
  const info = await ignoreMissing(() => stat(path));
  if (!info?.isFile())
    throw new ImageError(
      info ? 'USAGE' : 'NOT_FOUND',
      `${path}: ${info ? 'not a file' : 'no such file'}`,
      { location: path },
    );
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  const name = basename(path);
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  return { path, name, descriptor: { mediaType, digest, size, annotations: { [TITLE]: name } } };
}

/** @throws ImageError USAGE */
function requireDistinct(layers: readonly FileLayer[]): void {
  const names = new Set<string>();
  for (const { name, path } of layers) {
    if (names.has(name))
      throw new ImageError('USAGE', `${path}: another file has the name ${name}, too`);
    names.add(name);
  }
}
