import type { PromiseExecutor } from '@nx/devkit';
import { ImageError, prune, readDefinition } from '@stowage/core';
import { log } from '../../log.js';
import { run, type CommonOptions } from '../run.js';

export interface PruneExecutorOptions extends CommonOptions {
  readonly keepNewest?: number;
  readonly unusedFor?: string;
  readonly minAge?: string;
  readonly maxUsed?: string;
  readonly minFree?: string;
  readonly reserved?: string;
  readonly copies?: boolean;
  readonly dryRun?: boolean;
}

/** Deletes archives of one name, and their copies in the engine, by the retention rules. */
const pruneImage: PromiseExecutor<PruneExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { keepNewest, unusedFor, minAge, maxUsed, minFree, reserved, copies, dryRun } = options;
    const { definition } = await readDefinition(workspace, options.definition, call);
    const { decisions, freedBytes, shortfallBytes } = await prune(workspace, {
      ...call,
      unusedFor,
      minAge,
      maxUsed,
      minFree,
      reserved,
      copies,
      dryRun,
      ...(keepNewest === undefined ? {} : { keepNewest: { name: keepNewest } }),
      name: definition.name,
    });
    for (const { action, path, reason } of decisions) log.info(`${action} ${path}: ${reason}`);
    log.info(`${freedBytes} bytes ${dryRun ? 'would be freed' : 'freed'}`);
    if (shortfallBytes > 0)
      throw new ImageError(
        'NO_SPACE',
        `prune: expected ${shortfallBytes} more bytes to become free, got nothing else that may be deleted`,
      );
  });

export default pruneImage;
