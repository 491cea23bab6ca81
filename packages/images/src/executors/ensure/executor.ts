import type { PromiseExecutor } from '@nx/devkit';
import {
  actArguments,
  ensure,
  familiarReference,
  jobRequestOf,
  parseReference,
  writeActrc,
  type JobRequest,
} from '@stowage/core';
import { log } from '../../log.js';
import { run, type EngineChoiceOptions } from '../run.js';

export interface EnsureExecutorOptions extends JobRequest, EngineChoiceOptions {
  readonly act?: boolean;
  readonly actrc?: boolean;
  readonly runner?: string;
}

/** Loads the image that a job needs; builds, saves and registers it first when no archive fits. */
const ensureImage: PromiseExecutor<EnsureExecutorOptions> = (options, context) =>
  run(options, context, async (workspace, call) => {
    const { jobs, skipped } = await ensure(workspace, jobRequestOf(options), call);
    const act = actArguments(jobs, options);
    for (const { job, reference, saved } of jobs) {
      const familiar = familiarReference(parseReference(reference));
      const how = saved.some(({ action }) => action === 'saved') ? 'built and loaded' : 'loaded';
      log.info(`${job === undefined ? '' : `${job}: `}${how} ${familiar}`);
    }
    for (const { job, reason } of skipped) log.warn(`${job}: skipped; ${reason}`);
    if (options.act || options.actrc) for (const notice of act.notices) log.warn(notice);
    if (options.act) log.info(act.arguments.join(' '));
    if (options.actrc) log.info(`wrote ${await writeActrc(workspace, act)}`);
  });
export default ensureImage;
