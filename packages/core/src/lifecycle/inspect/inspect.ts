import type { Compression } from '../../compression/detect.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { EmbeddedName, NamedDescriptor } from '../../oci/layout.js';
import { artifactTypeOf } from '../../oci/manifest.js';
import type { Platform } from '../../oci/platform.js';
import { parseLocation } from '../../location.js';
import type { LocationKind } from '../../open.js';
import { childrenOf } from '../../transfer/graph/select-platform.js';
import type { Bytes, Source } from '../../transfer/store.js';
import { budgetFor, walk } from '../../transfer/graph/walk.js';
import { forEachReadable } from '../../transfer/each-readable.js';
import { imagesOf, sizeOf } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { mapInputs } from '../workspace/inputs/map-inputs.js';
import { leftOut, malformedMembers, noticesOf } from '../workspace/notices.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';

/** The images at a location. */
export interface Inspection {
  readonly location: string;
  readonly kind: LocationKind;
  /** The half of a hybrid archive that was read; absent for other locations. */
  readonly half?: 'oci' | 'docker';
  readonly compression: Compression;
  readonly images: readonly InspectedImage[];
  readonly notices: readonly string[];
}

/** One image at a location. */
export interface InspectedImage {
  readonly names: readonly InspectedName[];
  readonly digest: Digest;
  readonly mediaType: string;
  readonly configDigest: Digest | null;
  /** Size of all content that is present, in bytes; each blob counts once. */
  readonly size: number;
  readonly platforms: readonly InspectedPlatform[];
  readonly layers: readonly InspectedLayer[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** One platform of an image. */
export interface InspectedPlatform extends Platform {
  /** Digest of its manifest. */
  readonly digest: Digest;
  /** Whether its manifest, config and all layers are present. */
  readonly present: boolean;
}

/** One name of an image. */
export interface InspectedName {
  /** Fully qualified; null if the text is not a complete reference, for example only a tag. */
  readonly reference: string | null;
  /** The annotation or `RepoTags` that contains it; null for a store or an engine. */
  readonly field: EmbeddedName['field'] | null;
  /** The text in that field. */
  readonly written: string | null;
}

/** One layer of an image. */
export interface InspectedLayer {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly diffId: Digest | null;
  /** Only for an index. */
  readonly platform?: Platform;
}

/** Options for inspecting a location. */
export interface InspectOptions extends VerbOptions {
  /** Repository for images whose name is only a tag. */
  readonly repository?: string | undefined;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
}

/**
 * Describes the images at a location from tar headers, manifests and configs; layers are not read.
 *
 * @throws ImageError NOT_FOUND, INVALID, CORRUPT, UNSUPPORTED, UNAVAILABLE
 */
export async function inspect(
  workspace: Workspace,
  location: string,
  options: InspectOptions,
): Promise<Inspection> {
  await using engine = lazyEngine(workspace, options);
  const parsed = await parseLocation(location, { ...workspace, cwd: options.cwd });
  const opened = await openIn(workspace, parsed, { ...options, engine: engine.get });
  await using source = opened.source;
  const images = new Map<
    Digest,
    { readonly descriptor: Descriptor; readonly names: InspectedName[] }
  >();
  const named = new Set<string>();
  for (const { descriptor, reference, embedded } of await selectImages(source, opened.reference)) {
    const image = images.get(descriptor.digest) ?? { descriptor, names: [] };
    const name = {
      reference: reference ?? null,
      field: embedded?.field ?? null,
      written: embedded?.text ?? null,
    };
    const key = JSON.stringify([descriptor.digest, name.reference, name.field]);
    if ((reference !== undefined || embedded) && !named.has(key)) image.names.push(name);
    named.add(key);
    images.set(descriptor.digest, image);
  }
  const budget = budgetFor(source);
  const malformed: string[] = [];
  const inspected = await forEachReadable(
    images.values(),
    async ({ descriptor, names }) => {
      const graph = await walk(source, descriptor, { ...options, missing: 'report', budget });
      malformed.push(...malformedMembers(graph));
      return inspectImage(graph, names);
    },
    (error, { descriptor, names: [name] }) =>
      malformed.push(leftOut(name?.reference ?? descriptor.digest, error)),
  );
  const empty = inspected.length === 0 ? ['it holds no image'] : [];
  return {
    location,
    kind: opened.kind,
    ...(opened.half ? { half: opened.half } : {}),
    compression: opened.compression,
    images: inspected,
    notices: [...noticesOf(opened), ...malformed, ...empty],
  };
}

/**
 * Describes the images at locations; patterns and folders stand for the archives in them.
 *
 * @throws ImageError as {@link inspect}; NOT_FOUND names all locations that are missing
 */
export async function inspectAll(
  workspace: Workspace,
  locations: readonly string[],
  options: InspectOptions,
): Promise<Inspection[]> {
  return mapInputs(
    await expandInputs(locations, options.cwd),
    (location) => inspect(workspace, location, options),
    options,
  );
}

async function selectImages(
  source: Source,
  reference: string | undefined,
): Promise<NamedDescriptor[]> {
  if (reference !== undefined) return [await source.resolve(reference)];
  const all: NamedDescriptor[] = [];
  for await (const image of source.list()) all.push(image);
  return all;
}

function inspectImage(graph: Graph, names: readonly InspectedName[]): InspectedImage {
  const { root } = graph;
  const manifest = graph.documents.get(root.digest)?.manifest;
  const several = manifest?.kind === 'index';
  const artifactType = (manifest && artifactTypeOf(manifest)) ?? root.artifactType;
  return {
    names,
    digest: root.digest,
    mediaType: root.mediaType,
    configDigest: manifest?.kind === 'image' ? manifest.config.digest : null,
    size: sizeOf(graph),
    platforms: platformsOf(graph),
    layers: imagesOf(graph).flatMap(({ layers, config }) =>
      layers.map(({ digest, size, mediaType }, at) => ({
        digest,
        size,
        mediaType,
        diffId: config.diffIds[at] ?? null,
        ...(several ? { platform: config.platform } : {}),
      })),
    ),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest?.subject ? { subject: manifest.subject } : {}),
  };
}

function platformsOf(graph: Graph): InspectedImage['platforms'] {
  const manifest = graph.documents.get(graph.root.digest)?.manifest;
  const missing = new Set(graph.missing.map(({ digest }) => digest));
  if (manifest?.kind !== 'index') {
    return imagesOf(graph).map(({ descriptor, config }) => ({
      ...config.platform,
      digest: descriptor.digest,
      present: isWhole(graph, descriptor, missing),
    }));
  }
  const configs = new Map(
    imagesOf(graph).map(({ descriptor, config }) => [descriptor.digest, config]),
  );
  const known = (digest: Digest) => graph.documents.get(digest)?.manifest;
  return childrenOf(manifest, known).flatMap((child) => {
    const config = configs.get(child.digest);
    const platform = child.platform ?? config?.platform;
    // BuildKit lists attestations as unknown/unknown; they are not images to run.
    return platform && platform.os !== 'unknown'
      ? [{ ...platform, digest: child.digest, present: isWhole(graph, child, missing) }]
      : [];
  });
}

function isWhole(graph: Graph, { digest }: Descriptor, missing: ReadonlySet<Digest>): boolean {
  const manifest = graph.documents.get(digest)?.manifest;
  return (
    manifest?.kind === 'image' &&
    [manifest.config, ...manifest.layers].every((node) => !missing.has(node.digest))
  );
}
