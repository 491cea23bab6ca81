import {
  ImageError,
  prune,
  ruleOptionsOf,
  worded,
  type GroupCounts,
  type PruneOptions,
  type PruneResult,
  type RuleOptions,
} from '@stowage/core';
import { InvalidArgumentError, type Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import { formatBytes, formatTable } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options
  extends CommonOptions,
    Omit<RuleOptions, 'name'>,
    Pick<PruneOptions, 'keep' | 'root'> {
  readonly share?: boolean;
}

export function pruneCommand(io: Io): Command {
  return withEngine(
    verb(
      'prune',
      'Delete archives by the retention rules of stowage.yaml, or by those of these flags.\n\nWith --engine, copies of archives in the engine are deleted first; without it, the engine is only asked which images its containers use. Exit 7 when --max-used or --min-free cannot be met.',
      [
        'stowage prune --dry-run',
        'stowage prune --keep-newest 2 --unused-for 30d --min-age 1d',
        'stowage prune --min-free 10% --max-used 50GB --engine docker',
        'stowage prune --root /srv/images --keep-newest 5 --unused-for 90d',
      ],
    ).summary('delete by retention rules'),
  )
    .option(
      '--keep-newest <count>',
      'keep this many of each name; project=N, os=N: of each project or system; may be repeated',
      parseNewest,
    )
    .option('--unused-for <duration>', 'delete only archives unused for this long; 30d, 12h')
    .option('--min-age <duration>', 'never delete archives younger than this')
    .option('--max-used <size>', 'keep at most this much; 50GB, or 20% of the disk')
    .option('--min-free <size>', 'leave this much of the disk free; 10GB, 10%')
    .option('--dry-run', 'show the plan, and delete nothing')
    .optionsGroup(GROUPS.further)
    .option('--reserved <size>', 'keep at least this much content, whatever the rules ask')
    .option('--orphans', 'delete archives without a record, too')
    .option('--keep <pattern...>', 'names to keep; * matches any characters')
    .option('--project <project>', 'only archives of this project')
    .option('--share', 'prune the share of stowage.yaml: by --keep-newest and --min-age')
    .option('--root <folder>', 'the folder of the registry; .stowage/registry when omitted')
    .action(
      action<Options>(io, async (workspace, _args, { options, call, speech }) => {
        const rules = { ...call, ...ruleOptionsOf(options), keep: options.keep };
        const { root, engine } = options;
        const plan = async () => {
          if (!options.share)
            return await prune(workspace, { ...rules, root, copies: engine !== undefined });
          const { pruneShare } = await import('@stowage/core/registry');
          return await pruneShare(workspace, rules);
        };
        const result = worded(await plan(), speech);
        const outcome = { json: result, text: describe(result, options.dryRun === true) };
        return result.shortfallBytes === 0 ? outcome : { ...outcome, failure: shortfall(result) };
      }),
    );
}

/** The deletions that the rules allow did not free enough space. */
function shortfall({ shortfallBytes }: PruneResult): ImageError {
  return new ImageError(
    'NO_SPACE',
    `${formatBytes(shortfallBytes)} more must become free, and nothing else may be deleted`,
    { hint: 'Loosen a rule, unpin something, or give Stowage a larger disk.' },
  );
}

function parseNewest(text: string, before: GroupCounts = {}): GroupCounts {
  const [, group = 'name', number = ''] = /^(?:(name|project|os)=)?([0-9]+)$/.exec(text) ?? [];
  if (number === '' || Number(number) < 1)
    throw new InvalidArgumentError('Give a whole number from 1, project=N or os=N.');
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
