import { prune, type PruneResult } from '@stowage/core';
import { InvalidArgumentError, type Command } from 'commander';
import { formatBytes, formatTable } from '../print/table.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly keepNewest?: number;
  readonly unusedFor?: string;
  readonly minAge?: string;
  readonly project?: string;
}

export function pruneCommand(io: Io): Command {
  return withEngine(
    verb(
      'prune',
      'Delete archives that the rules let go: those of stowage.yaml, or of these flags.',
      ['stowage prune --dry-run', 'stowage prune --keep-newest 2 --unused-for 30d --min-age 1d'],
    ),
  )
    .option('--keep-newest <count>', 'keep this many archives of each name', count)
    .option('--unused-for <duration>', 'delete only what was not used for this long: 30d, 12h')
    .option('--min-age <duration>', 'never delete what is younger')
    .option('--project <project>', 'only archives of this project')
    .option('--dry-run', 'show the plan, and delete nothing')
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { keepNewest, unusedFor, minAge, project } = options;
        const result = await prune(workspace, { ...call, keepNewest, unusedFor, minAge, project });
        return { json: result, text: describe(result, options.dryRun === true) };
      }),
    );
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number from 1.');
  return value;
}

function describe({ decisions, freedBytes }: PruneResult, dryRun: boolean): string {
  const rows = decisions.map(({ action: what, path, bytes, rule, reason }) => [
    what,
    path,
    formatBytes(bytes),
    rule,
    reason,
  ]);
  const table = rows.length === 0 ? '' : formatTable(['', 'ARCHIVE', 'SIZE', 'RULE', 'WHY'], rows);
  return `${table}${formatBytes(freedBytes)} ${dryRun ? 'would be freed; nothing was deleted' : 'freed'}\n`;
}
