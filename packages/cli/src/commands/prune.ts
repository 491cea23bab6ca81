import { prune, type PruneResult, type PruneRules } from '@stowage/core';
import { InvalidArgumentError, type Command } from 'commander';
import { formatBytes, formatTable } from '../print/table.js';
import { EXIT_CODES } from '../exit-codes.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io, type Outcome } from '../verb.js';

interface Options extends CommonOptions {
  readonly keepNewest?: Newest;
  readonly unusedFor?: string;
  readonly minAge?: string;
  readonly maxUsed?: string;
  readonly minFree?: string;
  readonly reserved?: string;
  readonly orphans?: boolean;
  readonly keep?: readonly string[];
  readonly project?: string;
  readonly root?: string;
}

type Newest = NonNullable<PruneRules['keepNewest']>;

export function pruneCommand(io: Io): Command {
  return withEngine(
    verb('prune', 'Delete what the rules let go: those of stowage.yaml, or of these flags.', [
      'stowage prune --dry-run',
      'stowage prune --keep-newest 2 --unused-for 30d --min-age 1d',
      'stowage prune --min-free 10% --max-used 50GB --engine docker',
      'stowage prune --root /srv/images --keep-newest 5 --unused-for 90d',
    ]),
  )
    .option(
      '--keep-newest <count>',
      'keep this many archives of each name; project=N or os=N of each of those; may be repeated',
      newest,
    )
    .option('--unused-for <duration>', 'delete only what was not used for this long: 30d, 12h')
    .option('--min-age <duration>', 'never delete what is younger')
    .option('--max-used <size>', 'keep no more than this: 50GB, or 20% of the disk')
    .option('--min-free <size>', 'leave at least this free: 10GB, 10%')
    .option('--reserved <size>', 'never go below this, whatever the rules ask')
    .option('--orphans', 'archives without a record may go, too')
    .option('--keep <pattern...>', 'names that stay; * stands for anything')
    .option('--project <project>', 'only archives of this project')
    .option('--root <folder>', 'the folder of the registry; .stowage/registry when omitted')
    .option('--dry-run', 'show the plan, and delete nothing')
    .addHelpText(
      'after',
      '\nWith --engine, the copies that the engine has of archives go first; without it, it is only asked what\nits containers use. Exit 7 when --max-used or --min-free cannot be met.',
    )
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { keepNewest, unusedFor, minAge, maxUsed, minFree, reserved, orphans } = options;
        const result = await prune(workspace, {
          ...call,
          ...(keepNewest ? { keepNewest } : {}),
          unusedFor,
          minAge,
          maxUsed,
          minFree,
          reserved,
          orphans,
          keep: options.keep,
          project: options.project,
          root: options.root,
          copies: options.engine !== undefined,
        });
        const { shortfallBytes } = result;
        return shortfallBytes === 0
          ? { json: result, text: describe(result, options.dryRun === true) }
          : shortOf(result, options.dryRun === true);
      }),
    );
}

/** The plan was carried out, and was not enough. */
function shortOf(result: PruneResult, dryRun: boolean): Outcome {
  const message = `prune: expected ${formatBytes(result.shortfallBytes)} more to become free, got nothing else that may go`;
  const hint = 'Loosen a rule, unpin something, or give Stowage a larger disk.';
  return {
    exitCode: EXIT_CODES.NO_SPACE,
    json: { ...result, error: { code: 'NO_SPACE', message, hint, location: null } },
    text: text`${describe(result, dryRun)}${message}\n  ${hint}\n`,
  };
}

function newest(text: string, before: Newest = {}): Newest {
  const [, group = 'name', number = ''] = /^(?:(name|project|os)=)?([0-9]+)$/.exec(text) ?? [];
  if (number === '' || Number(number) < 1)
    throw new InvalidArgumentError('expected a whole number from 1, project=N or os=N.');
  return { ...before, [group]: Number(number) };
}

function describe({ decisions, freedBytes }: PruneResult, dryRun: boolean): Text {
  const rows = decisions.map(({ action: what, kind, path, bytes, rule, reason }) => [
    what,
    kind,
    path,
    formatBytes(bytes),
    rule,
    reason,
  ]);
  const table =
    rows.length === 0 ? '' : formatTable(['', 'KIND', 'PATH', 'SIZE', 'RULE', 'WHY'], rows);
  return text`${table}${formatBytes(freedBytes)} ${dryRun ? 'would be freed; nothing was deleted' : 'freed'}\n`;
}
