import { logger, type PromiseExecutor } from '@nx/devkit';
import {
  archiveOf,
  familiarReference,
  ImageError,
  load,
  parsePlatform,
  parseReference,
  readDefinition,
} from '@stowage/core';
import { run, type CommonOptions } from '../run.js';

export interface LoadExecutorOptions extends CommonOptions {
  readonly as?: string;
  readonly platform?: string;
  readonly act?: boolean;
  readonly runner?: string;
}

/** Loads the archive of a definition into an engine; sends nothing when the image is there. */
const loadImage: PromiseExecutor<LoadExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { definition } = await readDefinition(workspace, options.definition, call);
    const { name, project, os } = definition;
    const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
    const input = archiveOf(workspace, name, project);
    const results = await load(workspace, [input], {
      ...call,
      as: options.as,
      platform,
      stdin: noInput,
    }).catch(withCacheHint);
    for (const { reference, action, engine } of results) {
      const familiar = familiarReference(parseReference(reference));
      logger.info(`${action} in ${engine}:`);
      logger.info(options.act ? `-P ${options.runner ?? os}=${familiar} --pull=false` : familiar);
    }
  });

export default loadImage;

function noInput(): never {
  throw new TypeError('an archive of the workspace is never read from standard input');
}

/** Nx may call a task cached whose outputs are gone or damaged. */
function withCacheHint(error: unknown): never {
  if (
    !(error instanceof ImageError) ||
    !['NOT_FOUND', 'CORRUPT', 'INCOMPLETE', 'INVALID'].includes(error.code)
  )
    throw error;
  throw new ImageError(error.code, error.message, {
    hint: `${error.hint === undefined ? '' : `${error.hint} `}If Nx restored the archive from its cache, make it anew with --skip-nx-cache.`,
    cause: error,
  });
}
