import { packTar, type TarMember } from '../archive/pack-tar.js';
import type { Definition } from '../definition/definition.js';
import { canBuild, isSameImage, type Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { formatPlatform, matchesPlatform, type Platform } from '../oci/platform.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { copyGraph } from '../transfer/copy.js';
import { selectPlatform } from '../transfer/select-platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { walk } from '../transfer/walk.js';
import { readContextFile, type ContextFile } from './context.js';
import type { MakeOptions } from './make.js';

/** Makes an image with an engine, from the definition's Dockerfile; the base is put there first. */
export async function runDockerfile(
  definition: Definition,
  dockerfile: string,
  options: MakeOptions,
): Promise<Source> {
  const { files, base, platform, signal, onEvent, spoolFolder } = options;
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
  // Older engines refuse to be told of a platform, even their own.
  const own = await engine.platform({ signal });
  if (base?.source)
    await ensureBase(engine, base.source, { signal, own, reference: base.reference });
  const { args, labels, target, network, reference } = definition;
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
      ...(own && matchesPlatform(own, platform) ? {} : { platform: formatPlatform(platform) }),
    },
    { signal, onEvent },
  );
  return engine.source(reference, { spoolFolder, signal });
}

/** A Dockerfile's FROM is looked up in the engine, so the base has to be there first. */
async function ensureBase(
  engine: Engine,
  source: Source,
  {
    own,
    reference,
    ...options
  }: CallOptions & { readonly own: Platform | undefined; readonly reference: string },
): Promise<void> {
  const { descriptor } = await source.resolve(reference, options);
  const root = own ? await selectPlatform(source, descriptor, own, options) : descriptor;
  const graph = await walk(source, root, options);
  const present = await engine.inspect(reference, options);
  if (present && isSameImage(present, graph)) return;
  await using sink = engine.sink();
  await copyGraph(source, graph, sink, options);
  await sink.tag(root, reference, options);
  await sink.commit(options);
}

function contextMember(file: ContextFile): TarMember {
  const { path, type, size, mode, link } = file;
  if (type === 'directory') return { name: `${path}/`, size: 0, type, mode: 0o755, open: () => [] };
  if (type === 'symlink')
    return { name: path, size: 0, type, mode: 0o777, linkname: link ?? '', open: () => [] };
  return { name: path, size, mode, open: () => readContextFile(file) };
}
