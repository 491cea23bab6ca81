import { relative } from 'node:path';
import { plan, type JobPlan } from '@stowage/core';
import type { Command } from 'commander';
import { requestOf, withJob, type JobOptions } from '../job-options.js';
import { text, type Text } from '../print/text.js';
import { action, verb, type Io } from '../verb.js';

/** Reasons that the text output lists; `--json` has all of them. */
const MAX_REASONS = 20;

export function planCommand(io: Io): Command {
  return withJob(
    verb('plan', 'Find the best archive for a job, or the best base to build its image from.', [
      'stowage plan --os ubuntu-25.04 --compiler gcc15 --package libssl-dev',
      'stowage plan --workflow .github/workflows/ci.yml --job build --json',
    ]).summary("find a job's best archive"),
  ).action(
    action<JobOptions>(io, async (workspace, _args, { options, call }) => {
      const { jobs, skipped } = await plan(workspace, requestOf(options), call);
      const plans = jobs.map((each) => each.plan);
      return {
        json: options.workflow === undefined ? plans[0] : { jobs: plans, skipped },
        text: text`${plans.map((each) => describe(each, io.cwd))}${skippedLines(skipped)}`,
      };
    }),
  );
}

export function skippedLines(
  skipped: readonly { readonly job: string; readonly reason: string }[],
): Text {
  return text`${skipped.map(({ job, reason }) => text`${job}: skipped; ${reason}\n`)}`;
}

function describe(
  { job, name, needs_build, best_image_path, best_base_image_path, score, reasons }: JobPlan,
  cwd: string,
): Text {
  const shown = (path: string | null) => (path === null ? 'none' : relative(cwd, path));
  const more = reasons.length - MAX_REASONS;
  const found = needs_build
    ? `has to be built; base: ${shown(best_base_image_path)}`
    : `is ${best_image_path === null ? 'in the share' : shown(best_image_path)}`;
  return text`${[
    text`${job === undefined ? '' : `${job}: `}${name}  ${found}`,
    text` (score ${score.essential} + ${score.extra})\n`,
    reasons.slice(0, MAX_REASONS).map((reason) => text`  ${reason}\n`),
    more > 0 ? text`  … and ${more} more; --json lists all\n` : '',
  ]}`;
}
