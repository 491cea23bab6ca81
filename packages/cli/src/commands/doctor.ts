import { relative } from 'node:path';
import { doctor, worded } from '@stowage/core';
import type { Command } from 'commander';
import { EXIT_PROBLEMS } from '../exit-codes.js';
import { text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly fix?: boolean;
}

export function doctorCommand(io: Io): Command {
  return withEngine(
    verb('doctor', 'Find problems of archives, records and catalog; exit 4 when there are any.', [
      'stowage doctor',
      'stowage doctor --fix',
    ]).summary('find problems; repair them'),
  )
    .option('--fix', 'repair the problems that need no decision, and list the others')
    .action(
      action<Options>(io, async (workspace, _args, { options, call, speech }) => {
        const diagnosis = await doctor(workspace, { ...call, fix: options.fix });
        const { fixed, problems, engine } = worded(diagnosis, speech);
        const repaired = fixed.map(
          ({ kind, path }) => text`repaired: ${kind}  ${relative(io.cwd, path)}\n`,
        );
        const lines = problems.map(
          ({ kind, path, detail, fix }) =>
            text`${kind}  ${relative(io.cwd, path)}: ${detail}\n  ${fix}\n`,
        );
        const none = 'none found (looked for docker); --engine embedded needs none';
        const end = lines.length === 0 ? text`No problems.\n` : '';
        return {
          json: { fixed, problems, engine },
          text: text`engine: ${engine ?? none}\n${repaired}${lines}${end}`,
          exitCode: problems.length === 0 ? 0 : EXIT_PROBLEMS,
        };
      }),
    );
}
