import type { SyncResult } from '@stowage/core/registry';
import type { Command } from 'commander';
import { formatBytes } from '../../print/table.js';
import { text, type Text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, foreignLayersOption, verb, type CommonOptions, type Io } from '../../verb.js';
import { tagsOption } from './copied-tags.js';

interface Options extends CommonOptions {
  readonly prune?: boolean;
  readonly tags?: readonly string[];
}

export function syncCommand(io: Io): Command {
  return withRegistry(
    verb(
      'sync',
      'Share archives through a registry, or copy a registry: what the destination lacks.',
      [
        'stowage sync ./images registry.example.com/ci',
        'stowage sync registry.example.com/ci ./images',
        'stowage sync ./images registry.example.com/ci --prune --dry-run',
        'stowage sync registry.example.com/team mirror.lan/team',
      ],
    ).summary('copy what is missing'),
  )
    .argument(
      '<from>',
      'a folder of archives, or HOST[:PORT]/REPOSITORY; HOST[:PORT][/PREFIX] of another registry',
    )
    .argument(
      '<to>',
      'the destination: a repository for a folder, a folder or a registry for a repository',
    )
    .option(
      '--prune',
      'delete what the source does not have from the destination, unless it is pinned',
    )
    .addOption(tagsOption())
    .option('--dry-run', 'print what would be copied, and copy nothing')
    .addOption(foreignLayersOption())
    .action(
      action<Options>(io, async (workspace, [from = '', to = ''], { options, call }) => {
        const { prune, tags } = options;
        const { sync } = await import('@stowage/core/registry');
        const results = await sync(workspace, from, to, { ...call, prune, tags });
        const moved = results.filter(({ action: done }) => done !== 'same');
        const same = results.length - moved.length;
        const rest = same === 0 ? '' : text`${same} were up to date\n`;
        const none = results.length === 0 ? text`nothing to sync\n` : '';
        return { json: { results }, text: text`${moved.map(line)}${rest}${none}` };
      }),
    );
}

function line({ name, action: done, bytes, digest }: SyncResult): Text {
  if (done === 'deleted') return text`${name}  deleted\n`;
  if (done === 'kept') return text`${name}  kept: it is pinned\n`;
  return text`${name}@${digest}  ${done} (${formatBytes(bytes)})\n`;
}
