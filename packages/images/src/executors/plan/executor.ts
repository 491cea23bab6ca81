import type { PromiseExecutor } from '@nx/devkit';
import { jobRequestOf, plan, type JobRequest } from '@stowage/core';
import { log } from '../../log.js';
import { run } from '../run.js';

/** Prints the best archive for a job, or the best base to build its image from, as JSON. */
const planImage: PromiseExecutor<JobRequest> = (options, context) =>
  run({}, context, async (workspace, call) => {
    const { jobs, skipped } = await plan(workspace, jobRequestOf(options), call);
    const plans = jobs.map((each) => each.plan);
    const shown = options.workflow === undefined ? plans[0] : { jobs: plans, skipped };
    log.json(shown);
  });
export default planImage;
