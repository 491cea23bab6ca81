import { isMalformed, shortList, ImageError, tooLarge } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseConfig } from '../../oci/config.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { children, parseManifest, type Manifest } from '../../oci/manifest.js';
import {
  isForeignLayerType,
  isImageConfigType,
  isIndexType,
  isManifestType,
} from '../../oci/media-types.js';
import type { CallOptions, Source } from '../store.js';
import { readContent } from '../verified.js';
import type { GraphDocument, Graph } from './graph.js';
import { option, wording } from '../../wording.js';

/** Options of {@link walk}. */
export interface WalkOptions extends CallOptions {
  /** For content that the source lacks: `fail` (default) throws INCOMPLETE, `report` lists it in `Graph.missing`. */
  readonly missing?: 'fail' | 'report';
  /** A memory limit shared by several walks, from {@link budgetFor}; each walk has its own limit too. */
  readonly budget?: Budget;
}

/** A limit on the manifests and configs that several walks read, because all of them are kept in memory. */
export interface Budget {
  /** Bytes that may still be read; {@link walk} reduces it. */
  left: number;
}

/** Limits on all documents of one graph, and of all images of an archive, as multiples of the largest manifest. */
const [GRAPH_DOCUMENTS, ARCHIVE_DOCUMENTS] = [8, 64];

/** A memory limit for walks of all images of a source: 64 times its limit on one manifest. */
export function budgetFor({ limits = DEFAULT_LIMITS }: Source): Budget {
  return { left: ARCHIVE_DOCUMENTS * limits.manifestBytes };
}

/**
 * Reads an image's manifests and configs and lists its blobs; no layer is opened. Foreign layers may be missing. A
 * malformed member of an index does not make the others unusable: its document has the error.
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
  const own: Budget = { left: GRAPH_DOCUMENTS * manifestBytes };
  const documents = new Map<Digest, GraphDocument>();
  const nodes = new Map<Digest, Descriptor>();
  const missing = new Map<Digest, Descriptor>();
  const foreign = new Map<Digest, Descriptor>();

  async function readDocument(node: Descriptor): Promise<Uint8Array> {
    budget.left -= node.size;
    own.left -= node.size;
    if (Math.min(budget.left, own.left) < 0)
      throw tooLarge(
        `${source.location}: ${root.digest}: too many bytes of manifests and configs`,
        source.location,
      );
    return readContent(source, node, options);
  }

  /** The result of `parse`; or its error, if the content belongs to a member of an index and is malformed. */
  function parsed(path: readonly Digest[], parse: () => Parsed): Parsed {
    try {
      return parse();
    } catch (error) {
      const isMember = path.length > 0 && isIndexType(root.mediaType);
      if (!isMember || !isMalformed(error)) throw error;
      return { error };
    }
  }

  async function visit(node: Descriptor, path: readonly Digest[]): Promise<void> {
    if (nodes.has(node.digest) || missing.has(node.digest)) return;
    if (path.includes(node.digest))
      throw invalidError(source, node, 'an index that contains itself');
    if (path.length > indexDepth)
      throw tooLarge(
        `${source.location}: ${node.digest}: indexes nested deeper than ${indexDepth} levels`,
        source.location,
      );
    if (!(await source.has(node, options))) {
      (isForeignLayerType(node.mediaType) ? foreign : missing).set(node.digest, node);
      return;
    }
    if (isManifestType(node.mediaType)) {
      const bytes = await readDocument(node);
      const read = parsed(path, () => ({
        manifest: parseManifest(node.mediaType, bytes, source.limits),
      }));
      documents.set(node.digest, { descriptor: node, bytes, ...read });
      const { manifest } = read;
      if (manifest) {
        for (const child of children(manifest)) await visit(child, [...path, node.digest]);
        const checked = parsed(path, () => checkLayers(source, node, manifest, documents));
        documents.set(node.digest, { descriptor: node, bytes, manifest, ...checked });
      }
    } else if (isImageConfigType(node.mediaType)) {
      const bytes = await readDocument(node);
      const read = parsed(path, () => {
        const config = parseConfig(bytes, source.limits);
        return config ? { config } : {};
      });
      documents.set(node.digest, { descriptor: node, bytes, ...read });
    }
    nodes.set(node.digest, node);
  }

  await visit(root, []);
  if (missing.size > 0 && options.missing !== 'report')
    throw incompleteError(source, [...missing.values()], root);
  return {
    root,
    documents,
    nodes: [...nodes.values()],
    missing: [...missing.values()],
    ...(foreign.size === 0 ? {} : { foreign: [...foreign.values()] }),
  };
}

type Parsed = Pick<GraphDocument, 'manifest' | 'config' | 'error'>;

function checkLayers(
  source: Source,
  node: Descriptor,
  manifest: Manifest,
  documents: ReadonlyMap<Digest, GraphDocument>,
): Parsed {
  if (manifest.kind !== 'image') return {};
  const config = documents.get(manifest.config.digest)?.config;
  if (config && config.diffIds.length !== manifest.layers.length) {
    throw invalidError(
      source,
      node,
      `${manifest.layers.length} layers where its config has ${config.diffIds.length} diff IDs`,
    );
  }
  return {};
}

function invalidError(source: Source, node: Descriptor, why: string): ImageError {
  return new ImageError(
    'INVALID',
    `${source.location}: ${node.digest}: not a valid image: ${why}`,
    { location: source.location },
  );
}

/** Names the content that an image needs and the source lacks. */
export function incompleteError(
  source: Source,
  missing: readonly Descriptor[],
  root: Descriptor,
): ImageError {
  const digests = shortList(missing.map(({ digest }) => digest));
  return new ImageError(
    'INCOMPLETE',
    `${source.location}: ${root.digest} is not complete, missing ${digests}`,
    {
      location: source.location,
      hint: missing.some(({ platform }) => platform)
        ? wording`Some platforms of this image are missing; take one that is present with ${option('platform')}.`
        : wording`It was saved without all of its content: save or fetch it again; or, if it is a delta, give with ${option('base')} the archive that it was made against.`,
    },
  );
}
