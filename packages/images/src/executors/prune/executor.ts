import { logger, type PromiseExecutor } from '@nx/devkit';
import { prune, readDefinition } from '@stowage/core';
import { run, type CommonOptions } from '../run.js';

export interface PruneExecutorOptions extends CommonOptions {
  readonly keepNewest?: number;
  readonly unusedFor?: string;
  readonly minAge?: string;
  readonly dryRun?: boolean;
}

/** Deletes archives of one name that the rules let go. */
const pruneImage: PromiseExecutor<PruneExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { keepNewest, unusedFor, minAge, dryRun } = options;
    const { definition } = await readDefinition(workspace, options.definition, call);
    const { decisions, freedBytes } = await prune(workspace, {
      ...call,
      keepNewest,
      unusedFor,
      minAge,
      dryRun,
      name: definition.name,
    });
    for (const { action, path, reason } of decisions) logger.info(`${action} ${path}: ${reason}`);
    logger.info(`${freedBytes} bytes ${dryRun ? 'would be freed' : 'freed'}`);
  });

export default pruneImage;
