import type { PromiseExecutor } from '@nx/devkit';
import {
  archiveOf,
  familiarReference,
  ImageError,
  load,
  parsePlatform,
  parseReference,
  readDefinition,
  type Workspace,
} from '@stowage/core';
import { log } from '../../log.js';
import { run, type Call, type EngineChoiceOptions } from '../run.js';

export interface LoadExecutorOptions extends EngineChoiceOptions {
  readonly definition?: string;
  /** In place of a definition: an image of a registry, by tag or digest. */
  readonly reference?: string;
  readonly cache?: boolean;
  readonly as?: string;
  readonly platform?: string;
  readonly foreignLayers?: boolean;
  readonly act?: boolean;
  readonly runner?: string;
}

/** Loads the archive of a definition into an engine; sends nothing when the engine has the image. */
const loadImage: PromiseExecutor<LoadExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { input, os } = await inputOf(workspace, options, call);
    const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
    const results = await load(workspace, [input], {
      ...call,
      as: options.as,
      platform,
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
  });

export default loadImage;

/** @throws ImageError USAGE (neither or both) */
async function inputOf(
  workspace: Workspace,
  { definition: path, reference }: LoadExecutorOptions,
  call: Call,
): Promise<{ readonly input: string; readonly os?: string }> {
  if ((path === undefined) === (reference === undefined))
    throw new ImageError('USAGE', 'expected either definition or reference, got both or neither');
  if (path === undefined) return { input: `docker://${reference}` };
  const { definition } = await readDefinition(workspace, path, call);
  const { name, project, os } = definition;
  return { input: archiveOf(workspace, name, project), os };
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
