import { posix } from 'node:path';
import type { TarMember } from '../../archive/tar/pack-tar.js';
import type { Definition } from '../../definition/definition.js';
import type { StepSettings } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { matchesPlatform } from '../../oci/match-platform.js';
import { formatPlatform } from '../../oci/platform.js';
import { oneChunk } from '../../transfer/copy.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import { refuseWhiteouts } from '../base/layer-members.js';
import { copiedFiles } from '../context/copied-files.js';
import { EMPTY_FOLDER, generateDockerfile, stagedPath } from './generate-dockerfile.js';
import { formatIgnoreRules, IGNORE_FILE } from '../context/ignore-file.js';
import { resolveBaseReference } from '../locked-base.js';
import type { PlatformOptions } from '../make-options.js';
import { ensureInEngine } from '../put-into.js';
import { requireBuilder } from './require-builder.js';
import { requireFeatures } from './require-features.js';
import { contentOfFile, type ContextFile } from '../source-files/context-file.js';

/** Name of a generated Dockerfile in the context. */
const GENERATED_DOCKERFILE = '.stowage.Dockerfile';

/** Builds an image with an engine from the definition's Dockerfile or steps; copies the base to the engine first. */
export async function runDockerfile(
  definition: Definition,
  options: PlatformOptions,
): Promise<Source> {
  const { files, base, platform, network, epoch, signal, onEvent, spoolFolder } = options;
  const engine = requireBuilder(await options.engine(), definition.name);
  const builder = await engine.builder({ signal });
  await requireFeatures(definition, files, { location: engine.location, builder });
  // Older engines reject the platform parameter, even for their own platform.
  const native = await engine.platform({ signal });
  const isOwn = native !== undefined && matchesPlatform(native, platform);
  // FROM is resolved in the engine, so the base has to be there.
  if (base?.source) await ensureInEngine(engine, base.source, base.reference, { signal, platform });
  const from = base && (await resolveBaseReference(engine, base, { ...options, builder }));
  const { args, labels, target, reference, dockerfile } = definition;
  const isBuildKit = builder.kind === 'buildkit';
  const own = { members: ownContext(files, isBuildKit), args };
  const given =
    dockerfile === undefined ? generateContext(definition, files, options.context) : own;
  await engine.build(
    {
      context: given.members,
      contexts: new Map(
        [...(options.contexts ?? [])].map(([name, all]) => [name, all.map(contextMember)]),
      ),
      hidden: new Set([
        GENERATED_DOCKERFILE,
        ...files.flatMap(({ path, isHidden }) => (isHidden ? [path] : [])),
      ]),
      dockerfile: posix.normalize(dockerfile ?? GENERATED_DOCKERFILE),
      reference,
      labels,
      args: {
        // The time of the image and its history.
        ...(isBuildKit ? { SOURCE_DATE_EPOCH: String(epoch) } : {}),
        ...(from === undefined ? {} : { BASE: from }),
        ...given.args,
      },
      ...(target === undefined ? {} : { target }),
      ...(network === undefined ? {} : { network }),
      steps: stepSettings(definition),
      noCache: options.noCache === true,
      pull: options.pull === true,
      ...(options.answers === undefined ? {} : { answers: options.answers }),
      ...(isOwn ? {} : { platform: formatPlatform(platform) }),
    },
    { signal, onEvent },
  );
  const source = await engine.source(reference, { spoolFolder, signal });
  try {
    await requirePlatform(source, definition, options);
    return source;
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

function stepSettings({ addHosts, shmSize, ulimits }: Definition): StepSettings {
  return {
    ...(addHosts === undefined ? {} : { addHosts }),
    ...(shmSize === undefined ? {} : { shmSize }),
    ...(ulimits === undefined ? {} : { ulimits }),
  };
}

/** An older builder ignores the platform that it is asked for. @throws ImageError INVALID */
async function requirePlatform(
  source: Source,
  { name, reference }: Definition,
  { platform, signal }: PlatformOptions,
): Promise<void> {
  const { descriptor } = await source.resolve(reference, { signal });
  const images = imagesOf(await walk(source, descriptor, { signal }));
  const built = images.map(({ config }) => config.platform);
  if (built.length === 0 || built.some((each) => matchesPlatform(each, platform))) return;
  throw new ImageError(
    'INVALID',
    `${name}: expected an image for ${formatPlatform(platform)}, got ${built.map(formatPlatform).join(', ')}`,
    {
      location: source.location,
      hint: 'Build it on an engine of that platform, from a base for that platform.',
    },
  );
}

/**
 * The listed files. Docker's classic builder removes the Dockerfile and `.dockerignore` from the context if the rules in
 * `.dockerignore` say so; rules for that are added if an ignored Dockerfile is sent and the file itself is not.
 */
function ownContext(files: readonly ContextFile[], isBuildKit: boolean): TarMember[] {
  const members = files.map(contextMember);
  const hidden = files.filter(({ isHidden }) => isHidden).map(({ path }) => path);
  if (isBuildKit || hidden.length === 0 || files.some(({ path }) => path === IGNORE_FILE))
    return members;
  return [...members, textMember(IGNORE_FILE, formatIgnoreRules([IGNORE_FILE, ...hidden]))];
}

/** A context with only the copied files, in one folder for each `copy:` entry, and the generated Dockerfile. */
function generateContext(definition: Definition, files: readonly ContextFile[], context: string) {
  const copied = definition.copy.map((item) => copiedFiles(item, files, context));
  const folders = new Set(copied.flatMap(({ item, isFolder }) => (isFolder ? [item.from] : [])));
  const { text, args } = generateDockerfile(definition, (from) => folders.has(from));
  const members = copied.flatMap(({ item: { to, mode }, files: selected, nameOf }, at) =>
    selected.map((file) => {
      const relative = nameOf(file);
      // Whether `to` is a folder of the base, so that a file gets its own name, is known to the engine alone.
      for (const path of [to, posix.join(to, relative)]) refuseWhiteouts(path, context);
      const bits = mode === undefined ? file.mode : parseInt(mode, 8);
      return contextMember({
        ...file,
        path: posix.join(stagedPath(at), relative),
        mode: bits,
      });
    }),
  );
  const workdir: readonly TarMember[] =
    definition.workdir === undefined
      ? []
      : [{ name: `${EMPTY_FOLDER}/`, size: 0, type: 'directory', mode: 0o755, open: () => [] }];
  return { members: [...members, ...workdir, textMember(GENERATED_DOCKERFILE, text)], args };
}

function textMember(name: string, text: string): TarMember {
  const bytes = Buffer.from(text);
  return { name, size: bytes.byteLength, mode: 0o644, open: () => oneChunk(bytes) };
}

function contextMember(file: ContextFile): TarMember {
  const { path, type, mode, link } = file;
  if (type === 'directory') return { name: `${path}/`, size: 0, type, mode, open: () => [] };
  if (type === 'symlink')
    return { name: path, size: 0, type, mode: 0o777, linkname: link ?? '', open: () => [] };
  return { name: path, mode, ...contentOfFile(file) };
}
