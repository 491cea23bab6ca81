import type { PromiseExecutor } from '@nx/devkit';
import {
  ImageError,
  prune,
  ruleOptionsOf,
  worded,
  type PruneOptions,
  type RuleOptions,
} from '@stowage/core';
import { log } from '../../log.js';
import { nxSpeech } from '../../nx-speech.js';
import { writeSummary } from '../../summarize-tasks.js';
import { ownDefinition } from '../own-definition.js';
import { run, type CommonOptions } from '../run.js';

/** The rules that a target has; the name is that of the definition. */
type Rules = Omit<RuleOptions, 'orphans' | 'project' | 'name'>;

export interface PruneExecutorOptions
  extends CommonOptions,
    Rules,
    Pick<PruneOptions, 'copies' | 'dryRun'> {
  readonly share?: boolean;
}

/** Deletes archives of one name, and their copies in the engine, by the retention rules. */
const pruneImage: PromiseExecutor<PruneExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { copies, dryRun } = options;
    const { definition } = await ownDefinition(workspace, options.definition, call, context);
    const { name } = definition;
    const rules = { ...call, ...ruleOptionsOf(options), dryRun, name };
    const plan = async () => {
      if (!options.share) return await prune(workspace, { ...rules, copies });
      const { pruneShare } = await import('@stowage/core/registry');
      return await pruneShare(workspace, rules);
    };
    const { decisions, freedBytes, shortfallBytes } = await plan();
    for (const { action, path, reason } of worded(decisions, nxSpeech))
      log.info(`${action} ${path}: ${reason}`);
    log.info(`${freedBytes} bytes ${dryRun ? 'would be freed' : 'freed'}`);
    if (!dryRun)
      await writeSummary({
        title: 'Pruned images',
        head: ['Path', 'Size', 'Why'],
        rows: worded(decisions, nxSpeech)
          .filter(({ action }) => action === 'delete')
          .map(({ path, bytes, reason }) => [path, bytes, reason]),
      });
    if (shortfallBytes > 0)
      throw new ImageError(
        'NO_SPACE',
        `prune: ${shortfallBytes} more bytes must become free, and nothing else may be deleted`,
      );
  });

export default pruneImage;
