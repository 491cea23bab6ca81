import { relative } from 'node:path';
import { doctor } from '@stowage/core';
import type { Command } from 'commander';
import { EXIT_PROBLEMS } from '../exit-codes.js';
import { action, verb, withEngine, type Io } from '../verb.js';

export function doctorCommand(io: Io): Command {
  return withEngine(
    verb(
      'doctor',
      'Find what is wrong with archives, records and catalog; exit 4 when something is.',
      ['stowage doctor', 'stowage doctor --json'],
    ),
  ).action(
    action(io, async (workspace, _args, { call }) => {
      const { problems, engine } = await doctor(workspace, call);
      const lines = problems.map(
        ({ kind, path, detail, fix }) =>
          `${kind}  ${relative(io.cwd, path)}: ${detail}\n  ${fix}\n`,
      );
      const text = `engine: ${engine ?? 'none answers (docker was looked for); --engine embedded needs none'}\n${lines.join('')}${lines.length === 0 ? 'No problems.\n' : ''}`;
      return {
        json: { problems, engine },
        text,
        exitCode: problems.length === 0 ? 0 : EXIT_PROBLEMS,
      };
    }),
  );
}
