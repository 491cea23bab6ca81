import { packTar, type TarMember } from '../archive/pack-tar.js';
import type { Definition } from '../definition/definition.js';
import { canBuild, type BuildingEngine, type Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { formatPlatform, matchesPlatform } from '../oci/platform.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { only } from '../transfer/copy.js';
import type { Source } from '../transfer/store.js';
import { readContextFile, usedFiles, type ContextFile } from './context.js';
import { generateDockerfile } from './generate-dockerfile.js';
import type { Base, PlatformOptions } from './make.js';
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

/**
 * What FROM is to say. A base of the engine must be the one that was locked; one that it lacks is pulled by
 * the digest, where a registry knows it by that.
 */
async function lockedBase(
  engine: Engine,
  { reference, source, digest }: Base,
  { onEvent, signal }: PlatformOptions,
): Promise<string> {
  const name = parseReference(reference);
  if (source) return familiarReference(name);
  if (digest === undefined) {
    onEvent?.({
      type: 'notice',
      text: `the base ${familiarReference(name)} is not locked: stowage build --update-base writes its digest to image.lock.yaml`,
    });
    return familiarReference(name);
  }
  const { registry, repository } = name;
  const pinned = familiarReference({ registry, repository, digest });
  const there = await engine.inspect(reference, { signal });
  if (!there) return pinned;
  if (there.id === digest || there.digests.includes(digest)) return familiarReference(name);
  throw new ImageError(
    'CONFLICT',
    `base ${familiarReference(name)}: expected ${digest} as image.lock.yaml says, got ${there.id} in ${engine.location}`,
    {
      location: engine.location,
      hint: 'stowage build --update-base takes what the engine has now; or pull the locked one again.',
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
