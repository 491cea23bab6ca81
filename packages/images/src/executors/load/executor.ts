import type { ExecutorContext, PromiseExecutor } from '@nx/devkit';
import {
  familiarReference,
  ImageError,
  listedImages,
  load,
  parsePlatform,
  parseReference,
  type Workspace,
} from '@stowage/core';
import { log } from '../../log.js';
import { batchOf } from '../batch.js';
import { inputOf } from '../input-of.js';
import { ownDefinition } from '../own-definition.js';
import { refuseShared } from '../refuse-shared.js';
import { run, type Call, type EngineChoiceOptions, type Work } from '../run.js';

export interface LoadExecutorOptions extends EngineChoiceOptions {
  readonly definition?: string;
  /** In place of a definition: an image of a registry, by tag or digest. */
  readonly reference?: string;
  /** In place of a definition: files that name images of registries. */
  readonly imagesFrom?: readonly string[];
  readonly cache?: boolean;
  readonly as?: string;
  readonly platform?: string;
  readonly allPlatforms?: boolean;
  readonly foreignLayers?: boolean;
  readonly act?: boolean;
  readonly runner?: string;
}

const loadOne: Work<LoadExecutorOptions> = async (workspace, call, options, context) => {
  refuseShared('as', options.as, context);
  const { inputs, os } = await inputsOf(workspace, options, call, context);
  const results = await load(workspace, inputs, {
    ...call,
    as: options.as,
    platform: platformOf(options),
    foreignLayers: options.foreignLayers,
    cache: options.cache,
  }).catch(withCacheHint);
  for (const { reference, action, engine } of results) {
    const familiar = familiarReference(parseReference(reference));
    log.info(`${action} in ${engine}:`);
    log.info(
      options.act
        ? `-P ${options.runner ?? os ?? 'ubuntu-latest'}=${familiar} --pull=false`
        : familiar,
    );
  }
};

/** Loads the archive of a definition into an engine; sends nothing when the engine has the image. */
const loadImage: PromiseExecutor<LoadExecutorOptions> = (options, context) =>
  run(options, context, loadOne);

/** Loads the images of many tasks in one process. */
export const loadBatch = batchOf(loadOne);

export default loadImage;

/** @throws ImageError USAGE */
function platformOf({ platform, allPlatforms }: LoadExecutorOptions) {
  if (platform === undefined) return allPlatforms ? 'all' : undefined;
  if (allPlatforms) throw new ImageError('USAGE', 'give one of platform and allPlatforms');
  return parsePlatform(platform);
}

/** @throws ImageError USAGE (none or several) */
async function inputsOf(
  workspace: Workspace,
  { definition: path, reference, imagesFrom }: LoadExecutorOptions,
  call: Call,
  context: ExecutorContext,
): Promise<{ readonly inputs: readonly string[]; readonly os?: string }> {
  if ([path, reference, imagesFrom].filter((each) => each !== undefined).length !== 1)
    throw new ImageError('USAGE', 'give one of definition, reference and imagesFrom');
  if (imagesFrom !== undefined) {
    const images = await listedImages(workspace, imagesFrom, { ...call, stdin: refuseStdin });
    if (images.length === 0)
      throw new ImageError('USAGE', `imagesFrom ${imagesFrom.join(' ')}: it names no image`);
    return { inputs: images.map((each) => `docker://${each.reference}`) };
  }
  if (path === undefined) return { inputs: [`docker://${reference}`] };
  const { definition } = await ownDefinition(workspace, path, call, context);
  return { inputs: [inputOf(workspace, definition)], os: definition.os };
}

/** A task has no standard input. @throws ImageError USAGE */
function refuseStdin(): never {
  throw new ImageError(
    'USAGE',
    'imagesFrom -: a target reads no standard input; name a file or a folder',
  );
}

/** Nx may report a task as cached although its outputs are missing or damaged. */
function withCacheHint(error: unknown): never {
  if (
    !(error instanceof ImageError) ||
    !['NOT_FOUND', 'CORRUPT', 'INCOMPLETE', 'INVALID'].includes(error.code)
  )
    throw error;
  const { message, hint = [] } = error.wording;
  const again = 'If Nx restored the archive from its cache, build it again with --skip-nx-cache.';
  throw new ImageError(error.code, message, {
    hint: [...hint, hint.length === 0 ? again : ` ${again}`],
    cause: error,
  });
}
