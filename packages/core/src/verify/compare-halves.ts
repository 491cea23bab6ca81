import { ImageError, tooLarge, shortList } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { algorithmOf, digestOf, type Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { children, parseManifest, type Manifest } from '../oci/manifest.js';
import { isImageConfigType, isLayerType, isManifestType } from '../oci/media-types.js';
import type { DockerHalf, DockerImage } from '../transfer/halves.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';
import { budgetFor, type Budget } from '../transfer/graph/walk.js';
import { createProblem, type ImageProblem } from './problem.js';

/** Result of {@link compareHalves}. */
export interface CompareResult {
  readonly problems: readonly ImageProblem[];
  readonly notices: readonly string[];
}

/** An image of the OCI half; `configs` are the SHA-256 digests of the configs of its present platforms. */
interface OciImage {
  readonly root: Descriptor;
  readonly references: Set<string>;
  readonly configs: ReadonlySet<Digest>;
  /** Whether none of its manifests has a layer of a file system: a signature, an attestation. */
  readonly isArtifact: boolean;
}

export interface CompareOptions extends CallOptions {
  /**
   * The half that is read. With `docker`, an OCI half that no program can load is accepted: early Docker 25.0 wrote
   * such.
   */
  readonly half: 'oci' | 'docker';
  /** Names and digests of the images to compare; all when omitted. */
  readonly wanted?: ReadonlySet<string> | undefined;
}

/**
 * Checks that both halves of a hybrid archive have the same images: the same configs under the same names. Equal
 * configs imply equal layers, because each half is verified against its configs. A name that only the docker half has
 * is a notice.
 */
export async function compareHalves(
  oci: Source,
  { location, images }: DockerHalf,
  options: CompareOptions,
): Promise<CompareResult> {
  const others = await imagesOf(oci, options);
  const known = new Set(others.flatMap(({ configs }) => [...configs]));
  const byName = new Map(
    others.flatMap((image) => [...image.references].map((name) => [name, image] as const)),
  );
  const problems: ImageProblem[] = [];
  const extra: string[] = [];
  for (const image of images) {
    const { config, references } = image;
    if (config === undefined) continue;
    if (!known.has(config)) {
      if (options.half === 'oci') problems.push(differentImage(image, location, oci.location));
      continue;
    }
    for (const reference of references) {
      const same = byName.get(reference);
      if (!same) extra.push(reference);
      else if (same.configs.size > 0 && !same.configs.has(config))
        problems.push(
          differentImage({ ...image, references: [reference] }, location, oci.location),
        );
    }
  }
  const described = new Set(images.map(({ config }) => config));
  for (const image of others) {
    const { configs, isArtifact } = image;
    const isDescribed = [...configs].some((config) => described.has(config));
    // An image of the docker half that could not be read is reported elsewhere, and may be this one.
    // docker save writes no artifacts.
    if (configs.size === 0 || isArtifact || isDescribed || described.has(undefined)) continue;
    const { wanted } = options;
    if (wanted && ![image.root.digest, ...image.references].some((each) => wanted.has(each)))
      continue;
    problems.push(
      options.half === 'oci'
        ? missingImage(image, location)
        : undescribedImage(image, oci.location),
    );
  }
  const hasExtra = options.half === 'oci' && extra.length > 0;
  const notices = hasExtra ? [`${location}: only this half has the names ${shortList(extra)}`] : [];
  return { problems, notices };
}

function differentImage(
  { config, references }: DockerImage,
  location: string,
  other: string,
): ImageProblem {
  const image = references[0] ?? null;
  return createProblem({
    code: 'INVALID',
    image,
    digest: config ?? null,
    actual: config ?? null,
    message: `${location}: ${image ?? 'an image'}: another image (${config ?? ''}) than ${other} describes`,
  });
}

function missingImage({ root, references }: OciImage, location: string): ImageProblem {
  const [image = root.digest] = references;
  return createProblem({
    code: 'INCOMPLETE',
    image,
    digest: root.digest,
    expected: root.digest,
    message: `${location}: ${image} is in the OCI half, but not in manifest.json`,
  });
}

function undescribedImage({ root, references }: OciImage, location: string): ImageProblem {
  const [image = root.digest] = references;
  return createProblem({
    code: 'INVALID',
    image,
    digest: root.digest,
    message: `${location}: ${image}: manifest.json does not describe this image`,
  });
}

async function imagesOf(source: Source, options: CallOptions): Promise<readonly OciImage[]> {
  const budget = budgetFor(source);
  const images = new Map<Digest, OciImage>();
  for await (const { descriptor, reference } of source.list(options)) {
    const known = images.get(descriptor.digest);
    const image = known ?? (await imageOf(source, descriptor, { ...options, budget }));
    if (reference !== undefined) image.references.add(reference);
    images.set(descriptor.digest, image);
  }
  return [...images.values()];
}

/** Reads leniently, as other programs may do: a manifest with wrong layers still has its config. */
async function imageOf(
  source: Source,
  root: Descriptor,
  { budget, ...options }: CallOptions & { readonly budget: Budget },
): Promise<OciImage> {
  const limits = source.limits ?? DEFAULT_LIMITS;
  const configs: Descriptor[] = [];
  const layers: Descriptor[] = [];
  const seen = new Set<Digest>();
  const visit = async (node: Descriptor, depth: number): Promise<void> => {
    if (seen.has(node.digest) || depth > limits.indexDepth) return;
    seen.add(node.digest);
    if (isImageConfigType(node.mediaType)) configs.push(node);
    if (!isManifestType(node.mediaType) || !(await source.has(node, options))) return;
    budget.left -= node.size;
    if (budget.left < 0) throw tooLarge(`${source.location}: too many bytes of manifests`);
    const bytes = await readContent(source, node, options).catch(ignoreImageError);
    if (!bytes) return;
    const manifest = manifestIn(node, bytes);
    if (manifest?.kind === 'image') layers.push(...manifest.layers);
    for (const child of manifest ? children(manifest) : []) await visit(child, depth + 1);
  };
  await visit(root, 0);
  const present = new Set<Digest>();
  for (const config of configs) {
    if (!(await source.has(config, options))) continue;
    const isSha256 = algorithmOf(config.digest) === 'sha256';
    const bytes = isSha256
      ? undefined
      : await readContent(source, config, options).catch(ignoreImageError);
    present.add(bytes ? digestOf(bytes) : config.digest);
  }
  const isArtifact = layers.length > 0 && !layers.some(({ mediaType }) => isLayerType(mediaType));
  return { root, references: new Set(), configs: present, isArtifact };

  function manifestIn(node: Descriptor, bytes: Uint8Array): Manifest | undefined {
    try {
      return parseManifest(node.mediaType, bytes, limits);
    } catch (error) {
      return ignoreImageError(error);
    }
  }
}

/** Invalid or damaged content is ignored here: the verification of its half reports it. */
function ignoreImageError(error: unknown): undefined {
  if (error instanceof ImageError) return undefined;
  throw error;
}
