import { relative } from 'node:path';
import { doctor, worded, type EnvironmentCheck } from '@stowage/core';
import type { Command } from 'commander';
import { EXIT_PROBLEMS } from '../exit-codes.js';
import { formatTable } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly fix?: boolean;
}

export function doctorCommand(io: Io): Command {
  return withEngine(
    verb(
      'doctor',
      'Find problems of archives, records, the catalog and the environment; exit 4 when there are any.\n\nThe environment is what commands need besides archives: Node.js, Nx, an engine, space on disks, stored credentials, the share. A warning, such as no engine where none is named, does not change the exit code. Nothing is changed without --fix.',
      ['stowage doctor', 'stowage doctor --fix', 'stowage doctor --engine podman'],
    ).summary('find problems; repair them'),
  )
    .option('--fix', 'repair the problems that need no decision, and list the others')
    .action(
      action<Options>(io, async (workspace, _args, { options, call, speech }) => {
        const diagnosis = await doctor(workspace, { ...call, fix: options.fix });
        const { fixed, problems, engine, environment } = worded(diagnosis, speech);
        const repaired = fixed.map(
          ({ kind, path }) => text`repaired: ${kind}  ${relative(io.cwd, path)}\n`,
        );
        const lines = problems.map(
          ({ kind, path, detail, fix }) =>
            text`${kind}  ${relative(io.cwd, path)}: ${detail}\n  ${fix}\n`,
        );
        const end = lines.length === 0 ? text`No problems of archives.\n` : '';
        const isWell =
          problems.length === 0 && environment.every(({ state }) => state !== 'problem');
        return {
          json: { fixed, problems, engine, environment },
          text: text`${repaired}${lines}${end}\n${environmentTable(environment)}`,
          exitCode: isWell ? 0 : EXIT_PROBLEMS,
        };
      }),
    );
}

/** A table; below it the next steps, each once. */
function environmentTable(checks: readonly EnvironmentCheck[]): Text {
  const rows = checks.map(({ state, name, subject, detail }) => [state, name, subject, detail]);
  const steps = new Set(checks.flatMap(({ name, fix }) => (fix ? [`${name}: ${fix}`] : [])));
  const lines = [...steps].map((step) => text`${step}\n`);
  return text`${formatTable(['STATE', 'ENVIRONMENT', 'WHAT', 'DETAIL'], rows)}${lines}`;
}
