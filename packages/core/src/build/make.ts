import { createReadStream } from 'node:fs';
import { packTar, type TarMember } from '../archive/pack-tar.js';
import type { Definition } from '../definition/definition.js';
import { canBuild, isSameImage, type Engine, type EngineEvent } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { copyGraph } from '../transfer/copy.js';
import { selectPlatform } from '../transfer/select-platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { imagesOf, walk } from '../transfer/walk.js';
import { compose, type BaseContent } from './compose.js';
import { ComposedSource } from './composed-source.js';
import type { ContextFile } from './context.js';
import { makeLayer } from './layer.js';

/** An image to build on. */
export interface Base {
  /** What it is called in its source and in an engine; fully qualified. */
  readonly reference: string;
  /** Absent: only the engine has it. */
  readonly source?: Source;
}

export interface MakeOptions extends CallOptions {
  /** The folder of the context, absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  /** Absent for `scratch`. Must stay open as long as the image that is made. */
  readonly base: Base | undefined;
  /** Of this machine. */
  readonly hostPlatform: Platform;
  /** Seconds since 1970: SOURCE_DATE_EPOCH, or 0. */
  readonly epoch: number;
  /** Asked for only when the definition has a Dockerfile. */
  readonly engine: () => Promise<Engine>;
  /** Where the engine's answer is kept meanwhile. */
  readonly spoolFolder: string;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

/**
 * Makes the image of a definition: with an engine from its Dockerfile, else without one from the base and
 * files. What is returned can be copied anywhere.
 *
 * @throws ImageError UNAVAILABLE (a Dockerfile and no engine that builds), NOT_FOUND (a file, the base), INVALID (a step failed)
 */
export async function makeImage(definition: Definition, options: MakeOptions): Promise<Source> {
  return definition.dockerfile === undefined
    ? composeImage(definition, options)
    : buildImage(definition, definition.dockerfile, options);
}

async function composeImage(
  definition: Definition,
  { context, files, base, hostPlatform, epoch, signal }: MakeOptions,
): Promise<Source> {
  const wanted = definition.platform ?? hostPlatform;
  const content = base?.source && (await readBase(base.source, base.reference, wanted, { signal }));
  const layer =
    definition.copy.length === 0
      ? undefined
      : await makeLayer({ copy: definition.copy, files, context, mtime: epoch });
  const composed = compose(definition, {
    base: content,
    layer,
    epoch,
    platform: definition.platform ?? content?.platform ?? hostPlatform,
  });
  return new ComposedSource(definition.reference, composed, { layer, base: base?.source });
}

async function readBase(
  source: Source,
  reference: string,
  wanted: Platform,
  options: CallOptions,
): Promise<BaseContent & { readonly platform: Platform }> {
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
      `${source.location}: expected ${reference} to be an image, got an artifact`,
      { location: source.location },
    );
  return { config: config.bytes, layers: image.layers, platform: image.config.platform };
}

async function buildImage(
  definition: Definition,
  dockerfile: string,
  options: MakeOptions,
): Promise<Source> {
  const { files, base, signal, onEvent, spoolFolder } = options;
  const engine = await options.engine();
  if (!canBuild(engine)) {
    throw new ImageError(
      'UNAVAILABLE',
      `${definition.name}: expected an engine that runs a Dockerfile, got ${engine.location}`,
      {
        location: engine.location,
        hint: 'Use --engine docker, or describe the image with base: and copy: instead of dockerfile:.',
      },
    );
  }
  if (base?.source) await ensureBase(engine, base.source, base.reference, { signal });
  const { args, labels, target, network, platform, reference } = definition;
  await engine.build(
    {
      context: packTar(files.map(contextMember)),
      dockerfile,
      reference,
      labels,
      args: {
        ...(base ? { BASE: familiarReference(parseReference(base.reference)) } : {}),
        ...args,
      },
      ...(target === undefined ? {} : { target }),
      ...(network === undefined ? {} : { network }),
      ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
    },
    { signal, onEvent },
  );
  return engine.source(reference, { spoolFolder, signal });
}

/** A Dockerfile's FROM is looked up in the engine, so the base has to be there first. */
async function ensureBase(
  engine: Engine,
  source: Source,
  reference: string,
  options: CallOptions,
): Promise<void> {
  const { descriptor } = await source.resolve(reference, options);
  const platform = await engine.platform(options);
  const root = platform ? await selectPlatform(source, descriptor, platform, options) : descriptor;
  const graph = await walk(source, root, options);
  const present = await engine.inspect(reference, options);
  if (present && isSameImage(present, graph)) return;
  await using sink = engine.sink();
  await copyGraph(source, graph, sink, options);
  await sink.tag(root, reference, options);
  await sink.commit(options);
}

function contextMember({ path, absolute, type, size, mode, link }: ContextFile): TarMember {
  if (type === 'directory') return { name: `${path}/`, size: 0, type, mode: 0o755, open: () => [] };
  if (type === 'symlink')
    return { name: path, size: 0, type, mode: 0o777, linkname: link ?? '', open: () => [] };
  return { name: path, size, mode, open: () => createReadStream(absolute) };
}
