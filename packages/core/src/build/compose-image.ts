import type { Definition } from '../definition/definition.js';
import { ImageError } from '../errors.js';
import { matchesPlatform } from '../oci/match-platform.js';
import { formatPlatform, isUnknownPlatform, type Platform } from '../oci/platform.js';
import { parseConfig } from '../oci/config.js';
import { selectPlatform } from '../transfer/graph/select-platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { readImageTree, type EntryAt } from './base/image-tree.js';
import type { LayerEntriesOptions } from './base/layer-entries.js';
import { compose, workdirOf, type BaseContent } from './compose.js';
import { ComposedSource } from './composed-source.js';
import { makeLayer, type Layer } from './layer.js';
import { resolveBaseReference } from './locked-base.js';
import type { PlatformOptions, Base } from './make-options.js';

/**
 * Makes an image without an engine: the layers of the base, one layer of files, settings. Deterministic. With files, the
 * layers of the base are read, unless their indexes are known.
 */
export async function composeImage(
  definition: Definition,
  options: PlatformOptions,
): Promise<Source> {
  const { context, files, base, platform, epoch, layersFolder, spoolFolder } = options;
  const { onUnkept, signal } = options;
  // A base that only the engine has is exported from it; this source has to be closed here.
  const own = base && !base.source ? await openFromEngine(base, options) : undefined;
  const source = base?.source ?? own;
  let layer: Layer | undefined;
  try {
    const content =
      base && source && (await readBase(source, base.reference, platform, { signal }));
    const { copy } = definition;
    const tree = (): Promise<EntryAt | undefined> =>
      readBaseTree(source, content, { layersFolder, onUnkept, signal });
    layer =
      copy.length === 0
        ? undefined
        : await makeLayer({
            copy,
            files,
            context,
            workdir: workdirOf(definition, content),
            base: await tree(),
            mtime: epoch,
            spoolFolder,
            signal,
          });
    const composed = compose(definition, { base: content, layer, epoch, platform });
    return new ComposedSource(definition.reference, composed, { layer, base: source, own });
  } catch (error) {
    await layer?.[Symbol.asyncDispose]();
    await own?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function openFromEngine(base: Base, options: PlatformOptions): Promise<Source> {
  const engine = await options.engine();
  await resolveBaseReference(engine, base, options);
  return engine.source(base.reference, options);
}

async function readBaseTree(
  source: Source | undefined,
  content: BaseContent | undefined,
  options: LayerEntriesOptions,
): Promise<EntryAt | undefined> {
  if (!source || !content) return undefined;
  const diffIds = parseConfig(content.config)?.diffIds ?? [];
  const layers = content.layers.flatMap((descriptor, at) => {
    const diffId = diffIds[at];
    return diffId === undefined ? [] : [{ descriptor, diffId }];
  });
  if (layers.length === content.layers.length && layers.length === diffIds.length)
    return readImageTree(source, layers, options);
  throw new ImageError(
    'INVALID',
    `${source.location}: the base has ${content.layers.length} layers, but ${diffIds.length} diff IDs`,
    { location: source.location },
  );
}

async function readBase(
  source: Source,
  reference: string,
  wanted: Platform,
  options: CallOptions,
): Promise<BaseContent> {
  const { descriptor } = await source.resolve(reference, options);
  const graph = await walk(
    source,
    await selectPlatform(source, descriptor, wanted, options),
    options,
  );
  const [image] = imagesOf(graph);
  const config = image && graph.documents.get(image.configDescriptor.digest);
  if (!image || !config)
    throw new ImageError(
      'INVALID',
      `${source.location}: ${reference} is an artifact, not an image`,
      { location: source.location },
    );
  const { platform } = image.config;
  // A base that states no platform fits every one: it holds data, or programs that the definition vouches for.
  if (isUnknownPlatform(platform) || matchesPlatform(platform, wanted))
    return { config: config.bytes, layers: image.layers };
  throw new ImageError(
    'INVALID',
    `${source.location}: ${reference} is for ${formatPlatform(platform)}, not for ${formatPlatform(wanted)}`,
    {
      location: source.location,
      hint: `Set platforms: [${formatPlatform(platform)}] in image.yaml, or choose another base.`,
    },
  );
}
