import { relative } from 'node:path';
import {
  actArguments,
  ensure,
  familiarReference,
  parseReference,
  writeActrc,
  type EnsureResult,
} from '@stowage/core';
import type { Command } from 'commander';
import { requestOf, withJob, type JobOptions } from '../job-options.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, type Io } from '../verb.js';
import { skippedLines } from './plan.js';

interface Options extends JobOptions {
  readonly act?: boolean;
  readonly actrc?: boolean;
  readonly runner?: string;
}

export function ensureCommand(io: Io): Command {
  return withEngine(
    withJob(
      verb(
        'ensure',
        'Load the image that a job needs; build, save and register it first when no archive fits.',
        [
          'stowage ensure --os ubuntu-25.04 --compiler gcc15 --package libssl-dev',
          'act -W .github/workflows/ci.yml $(stowage ensure --workflow .github/workflows/ci.yml --act)',
        ],
      ).summary('load the image a job needs'),
    ),
  )
    .option('--act', 'print the arguments for act: -P runner=image … --pull=false')
    .option('--actrc', 'write the arguments for act into .actrc instead')
    .option(
      '--runner <label>',
      'runner label (runs-on) for act to replace by the image; that of the workflow when omitted',
    )
    .option('--dry-run', 'print what would be built and loaded, and do neither')
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { jobs, skipped } = await ensure(workspace, requestOf(options), call);
        const act = actArguments(jobs, options);
        if (options.act || options.actrc)
          for (const text of act.notices) call.onEvent?.({ type: 'notice', text });
        const actrc =
          options.actrc && !options.dryRun ? await writeActrc(workspace, act) : undefined;
        const results = jobs.map((job) => ({ ...job, act: act.arguments }));
        const lines = text`${jobs.map(describe)}${skippedLines(skipped)}`;
        const written = actrc === undefined ? '' : text`wrote ${relative(io.cwd, actrc)}\n`;
        return {
          json: options.workflow === undefined ? results[0] : { jobs: results, skipped },
          text: options.act ? text`${act.arguments.join(' ')}\n` : text`${lines}${written}`,
        };
      }),
    );
}

function describe({ job, name, reference, needs_build, saved, loaded }: EnsureResult): Text {
  const built = saved.filter(({ action: done }) => done === 'saved').length;
  const how = loaded.some(({ action: done }) => done === 'loaded') ? 'loaded' : 'already there';
  const what =
    needs_build && loaded.length === 0
      ? 'would be built, saved and loaded'
      : `${how}${built === 0 ? '' : `, after building ${saved.map((each) => familiarReference(parseReference(each.reference))).join(' and ')}`}`;
  return text`${job === undefined ? name : `${job}: ${name}`}  ${familiarReference(parseReference(reference))}  ${what}\n`;
}
