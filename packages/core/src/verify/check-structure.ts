import { ImageError, tooLarge } from '../errors.js';
import { parseConfig } from '../oci/config.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { children, parseManifest, type ImageManifest } from '../oci/manifest.js';
import {
  isForeignLayerType,
  isImageConfigType,
  isManifestType,
  isPlainLayerType,
} from '../oci/media-types.js';
import { isLocated } from '../transfer/extent.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';
import type { Leaf } from './check-content.js';
import { createProblem, type ImageProblem } from './problem.js';

/** Options of {@link checkStructure}. */
export interface StructureOptions extends CallOptions {
  /** Name of the image in problems. */
  readonly image: string;
  /** Do not report platforms of an index that are missing. */
  readonly allowSparse?: boolean | undefined;
  /** Receives the content to hash. */
  readonly leaves: Map<Digest, Leaf>;
  /** Receives the digests of the manifests and configs that were read; those in it already are skipped. */
  readonly seen: Set<Digest>;
  /** Receives the foreign layers that are absent, which is no problem, by digest of the config of their image. */
  readonly foreign: Map<Digest, readonly Descriptor[]>;
}

/** Number of problems of an image after which its check stops. */
const MAX_PROBLEMS = 10_000;

/** Checks the manifests and configs of an image, continuing after problems, and adds its other content to `leaves`. */
export async function checkStructure(
  source: Source,
  root: Descriptor,
  options: StructureOptions,
): Promise<ImageProblem[]> {
  const { image, leaves, seen, foreign, allowSparse } = options;
  const limits = source.limits ?? DEFAULT_LIMITS;
  const problems: ImageProblem[] = [];

  async function report(node: Descriptor, error: ImageError): Promise<void> {
    const extent = isLocated(source) ? await source.locate(node) : undefined;
    const where = { member: extent?.member ?? null, offset: extent?.offset ?? null };
    problems.push(
      createProblem({
        code: error.code,
        image,
        digest: node.digest,
        ...where,
        message: error.message,
      }),
    );
  }

  /** Reads and parses a document; undefined when that failed, which is reported. */
  async function read<T>(
    node: Descriptor,
    parse: (bytes: Uint8Array) => T,
  ): Promise<T | undefined> {
    try {
      return parse(await readContent(source, node, options));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      await report(node, error);
      return undefined;
    }
  }

  async function checkPresence(node: Descriptor): Promise<boolean> {
    if (await source.has(node, options)) return true;
    problems.push(
      createProblem({
        code: 'INCOMPLETE',
        image,
        digest: node.digest,
        expected: node.digest,
        message: `${source.location}: expected ${node.digest}${node.platform ? ` for ${node.platform.os}/${node.platform.architecture}` : ''}, got no such content`,
      }),
    );
    return false;
  }

  async function visit(node: Descriptor, depth: number): Promise<void> {
    if (seen.has(node.digest) || problems.length >= MAX_PROBLEMS) return;
    if (!isManifestType(node.mediaType)) {
      if (await checkPresence(node)) addLeaf(node);
      return;
    }
    const isSparse = allowSparse && depth > 0 && !(await source.has(node, options));
    if (isSparse || !(await checkPresence(node))) return;
    seen.add(node.digest);
    if (depth > limits.indexDepth) {
      const message = `${source.location}: ${node.digest}: expected indexes nested at most ${limits.indexDepth} deep`;
      await report(node, tooLarge(message));
      return;
    }
    const manifest = await read(node, (bytes) => parseManifest(node.mediaType, bytes, limits));
    if (manifest?.kind === 'image' && isImageConfigType(manifest.config.mediaType))
      await visitImage(node, manifest);
    else if (manifest) for (const child of children(manifest)) await visit(child, depth + 1);
  }

  async function visitImage(node: Descriptor, manifest: ImageManifest): Promise<void> {
    const { config: descriptor, layers } = manifest;
    // Undefined also for a config without a file system: its image is an artifact, and its layers have no diff IDs.
    const config = (await checkPresence(descriptor))
      ? await read(descriptor, (bytes) => parseConfig(bytes, limits))
      : undefined;
    seen.add(descriptor.digest);
    if (config && config.diffIds.length !== layers.length) {
      const message = `${source.location}: ${node.digest}: expected ${config.diffIds.length} layers, as many as its config has diff IDs, got ${layers.length}`;
      await report(node, new ImageError('INVALID', message));
    }
    const counts = config?.diffIds.length === layers.length;
    for (const [at, layer] of layers.entries()) {
      const diffId = counts ? config.diffIds[at] : undefined;
      if (diffId !== undefined && isPlainLayerType(layer.mediaType) && diffId !== layer.digest) {
        const message = `${source.location}: layer ${at} of ${node.digest}: expected ${diffId} as in its config, got ${layer.digest}`;
        problems.push(
          createProblem({
            code: 'INVALID',
            image,
            digest: layer.digest,
            expected: diffId,
            actual: layer.digest,
            message,
          }),
        );
      }
      if (isForeignLayerType(layer.mediaType) && !(await source.has(layer, options))) {
        foreign.set(descriptor.digest, [...(foreign.get(descriptor.digest) ?? []), layer]);
        continue;
      }
      if (await checkPresence(layer))
        addLeaf(layer, isPlainLayerType(layer.mediaType) ? undefined : diffId);
    }
  }

  function addLeaf(descriptor: Descriptor, diffId?: Digest): void {
    const known = leaves.get(descriptor.digest);
    leaves.set(descriptor.digest, {
      source,
      descriptor,
      image,
      ...(diffId ? { diffId } : known?.diffId ? { diffId: known.diffId } : {}),
    });
  }

  await visit(root, 0);
  if (problems.length >= MAX_PROBLEMS)
    await report(
      root,
      tooLarge(`${source.location}: ${image}: expected at most ${MAX_PROBLEMS} problems, got more`),
    );
  return problems;
}
