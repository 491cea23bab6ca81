import { packTar, type TarMember } from '../archive/pack-tar.js';
import type { Definition } from '../definition/definition.js';
import { canBuild, type BuildingEngine, type Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { formatPlatform, matchesPlatform } from '../oci/platform.js';
import { only } from '../transfer/copy.js';
import type { Source } from '../transfer/store.js';
import { readContextFile, usedFiles, type ContextFile } from './context.js';
import { generateDockerfile } from './generate-dockerfile.js';
import { lockedBase } from './locked-base.js';
import type { PlatformOptions } from './make.js';
import { putInto } from './put-into.js';

/** The name that a generated Dockerfile has inside the context. */
const GENERATED = '.stowage.Dockerfile';

/** Makes an image with an engine, from the definition's Dockerfile or its steps; the base is put there first. */
export async function runDockerfile(
  definition: Definition,
  options: PlatformOptions,
): Promise<Source> {
  const { files, base, platform, network, signal, onEvent, spoolFolder } = options;
  const engine = requireBuilder(await options.engine(), definition.name);
  // Older engines refuse to be told of a platform, even their own.
  const own = await engine.platform({ signal });
  const isOwn = own !== undefined && matchesPlatform(own, platform);
  // A Dockerfile's FROM is looked up in the engine.
  if (base?.source) await putInto(engine, base.source, base.reference, { signal, platform });
  const from = base && (await lockedBase(engine, base, options));
  const { args, labels, target, reference, dockerfile } = definition;
  const members = (
    dockerfile === undefined ? usedFiles(definition, files, options.context) : files
  ).map(contextMember);
  const generated = dockerfile === undefined ? generateDockerfile(definition) : undefined;
  await engine.build(
    {
      context: packTar([
        ...members,
        ...(generated === undefined ? [] : [textMember(GENERATED, generated)]),
      ]),
      dockerfile: dockerfile ?? GENERATED,
      reference,
      labels,
      args: { ...(from === undefined ? {} : { BASE: from }), ...args },
      ...(target === undefined ? {} : { target }),
      ...(network === undefined ? {} : { network }),
      ...(isOwn ? {} : { platform: formatPlatform(platform) }),
    },
    { signal, onEvent },
  );
  return await engine.source(reference, { spoolFolder, signal });
}

/** @throws ImageError UNAVAILABLE */
export function requireBuilder(engine: Engine, name: string): BuildingEngine {
  if (canBuild(engine)) return engine;
  throw new ImageError(
    'UNAVAILABLE',
    `${name}: expected an engine that runs commands, got ${engine.location}`,
    {
      location: engine.location,
      hint: 'Use --engine docker, or describe the image with base: and copy: alone.',
    },
  );
}

function textMember(name: string, text: string): TarMember {
  const bytes = Buffer.from(text);
  return { name, size: bytes.byteLength, mode: 0o644, open: () => only(bytes) };
}

function contextMember(file: ContextFile): TarMember {
  const { path, type, size, mode, link } = file;
  if (type === 'directory') return { name: `${path}/`, size: 0, type, mode: 0o755, open: () => [] };
  if (type === 'symlink')
    return { name: path, size: 0, type, mode: 0o777, linkname: link ?? '', open: () => [] };
  return { name: path, size, mode, open: () => readContextFile(file) };
}
