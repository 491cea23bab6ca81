import { shortList, ImageError, tooLarge } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { parseConfig } from '../oci/config.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { children, parseManifest, type Manifest } from '../oci/manifest.js';
import { isImageConfigType, isManifestType } from '../oci/media-types.js';
import type { CallOptions, Source } from './store.js';
import { readContent } from './verified.js';
import type { Document, Graph } from './graph.js';

/** How an image is walked. */
export interface WalkOptions extends CallOptions {
  /** Content that the source does not hold: `fail` (default) throws INCOMPLETE, `report` lists it in `missing`. */
  readonly missing?: 'fail' | 'report';
  /** A bound shared by several walks, from {@link budgetFor}; each walk has its own bound too. */
  readonly budget?: Budget;
}

/** A bound on the manifests and configs that several walks read: they are kept in memory, and each may name many others. */
export interface Budget {
  /** Number of bytes that may still be read; {@link walk} reduces it. */
  left: number;
}

/** Largest documents that one graph may have, and all images of an archive together. */
const [DOCUMENTS, ALL_DOCUMENTS] = [8, 64];

/** A bound for walks of all images of a source: 64 times the largest manifest that its limits allow. */
export function budgetFor({ limits = DEFAULT_LIMITS }: Source): Budget {
  return { left: ALL_DOCUMENTS * limits.manifestBytes };
}

/**
 * Reads an image's manifests and configs and lists its blobs; no layer is opened.
 *
 * @throws ImageError INCOMPLETE (something is missing), CORRUPT, INVALID, TOO_LARGE, UNSUPPORTED
 * @example
 * const { descriptor } = await source.resolve('app:1');
 * const graph = await walk(source, descriptor);
 * for (const { config, layers } of imagesOf(graph)) console.log(formatPlatform(config.platform), layers.length);
 */
export async function walk(
  source: Source,
  root: Descriptor,
  options: WalkOptions = {},
): Promise<Graph> {
  const { indexDepth, manifestBytes } = source.limits ?? DEFAULT_LIMITS;
  const { budget = { left: Infinity } } = options;
  const own: Budget = { left: DOCUMENTS * manifestBytes };
  const documents = new Map<Digest, Document>();
  const nodes = new Map<Digest, Descriptor>();
  const missing = new Map<Digest, Descriptor>();

  async function readDocument(node: Descriptor): Promise<Uint8Array> {
    budget.left -= node.size;
    own.left -= node.size;
    if (Math.min(budget.left, own.left) < 0)
      throw tooLarge(
        `${source.location}: ${root.digest}: expected fewer bytes of manifests and configs`,
        source.location,
      );
    return readContent(source, node, options);
  }

  async function visit(node: Descriptor, path: readonly Digest[]): Promise<void> {
    if (nodes.has(node.digest) || missing.has(node.digest)) return;
    if (path.includes(node.digest)) throw invalid(source, node, 'an index that contains itself');
    if (path.length > indexDepth)
      throw tooLarge(
        `${source.location}: ${node.digest}: expected indexes nested at most ${indexDepth} deep`,
        source.location,
      );
    if (!(await source.has(node, options))) {
      missing.set(node.digest, node);
      return;
    }
    if (isManifestType(node.mediaType)) {
      const bytes = await readDocument(node);
      const manifest = parseManifest(node.mediaType, bytes, source.limits);
      documents.set(node.digest, { descriptor: node, bytes, manifest });
      for (const child of children(manifest)) await visit(child, [...path, node.digest]);
      checkLayers(source, node, manifest, documents);
    } else if (isImageConfigType(node.mediaType)) {
      const bytes = await readDocument(node);
      documents.set(node.digest, {
        descriptor: node,
        bytes,
        config: parseConfig(bytes, source.limits),
      });
    }
    nodes.set(node.digest, node);
  }

  await visit(root, []);
  if (missing.size > 0 && options.missing !== 'report')
    throw incomplete(source, [...missing.values()], root);
  return { root, documents, nodes: [...nodes.values()], missing: [...missing.values()] };
}

function checkLayers(
  source: Source,
  node: Descriptor,
  manifest: Manifest,
  documents: ReadonlyMap<Digest, Document>,
): void {
  if (manifest.kind !== 'image') return;
  const config = documents.get(manifest.config.digest)?.config;
  if (config && config.diffIds.length !== manifest.layers.length) {
    throw invalid(
      source,
      node,
      `${manifest.layers.length} layers where its config has ${config.diffIds.length} diff IDs`,
    );
  }
}

function invalid(source: Source, node: Descriptor, got: string): ImageError {
  return new ImageError(
    'INVALID',
    `${source.location}: ${node.digest}: expected an image, got ${got}`,
    { location: source.location },
  );
}

function incomplete(source: Source, missing: readonly Descriptor[], root: Descriptor): ImageError {
  const digests = shortList(missing.map(({ digest }) => digest));
  return new ImageError(
    'INCOMPLETE',
    `${source.location}: expected all of ${root.digest}, got no ${digests}`,
    {
      location: source.location,
      hint: missing.some(({ platform }) => platform)
        ? 'Some platforms of this image are not here; load or convert takes one that is, with --platform.'
        : 'It was saved without all of its content: save or fetch it again; or, if it is a delta, name with --base what it was made against.',
    },
  );
}
