import { isSameImage, type Engine, type EngineImage } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { copyGraph } from '../transfer/copy.js';
import { selectPlatform } from '../transfer/graph/select-platform.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';

/**
 * Ensures that an engine has an image of a source under `reference`; copies it only if needed.
 *
 * @param options.platform the image to select from an index; the engine's platform when omitted.
 * @throws ImageError of the source and the engine; CONFLICT (the name was reassigned during the copy)
 */
export async function ensureInEngine(
  engine: Engine,
  source: Source,
  reference: string,
  { platform, ...options }: CallOptions & { readonly platform?: Platform } = {},
): Promise<EngineImage> {
  const { descriptor } = await source.resolve(reference, options);
  const own = platform ?? (await engine.platform(options));
  const root = own ? await selectPlatform(source, descriptor, own, options) : descriptor;
  const graph = await walk(source, root, options);
  const present = await engine.inspect(reference, options);
  if (present && isSameImage(present, graph)) return present;
  await using sink = engine.sink();
  await copyGraph(source, graph, sink, options);
  await sink.tag(root, reference, options);
  await sink.commit(options);
  const image = await engine.inspect(reference, options);
  if (image && isSameImage(image, graph)) return image;
  throw new ImageError(
    'CONFLICT',
    `${engine.location}: after loading, ${reference} is ${image?.id ?? 'not there'}, not ${root.digest}`,
    { location: engine.location },
  );
}
