import type { Command } from 'commander';
import { shortDigest } from '../../print/table.js';
import { text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../../verb.js';

export function tagCommand(io: Io): Command {
  return withRegistry(
    verb('tag', 'Give an image of a registry further tags; no layer moves.', [
      'stowage tag registry.example.com/team/app:1.2.3 1.2 latest',
      'stowage tag registry.example.com/team/app@sha256:… stable',
    ]).summary('add tags to an image'),
  )
    .argument('<reference>', 'an image by tag or digest')
    .argument('<tag...>', 'new tags; those of other images move')
    .option('--dry-run', 'print what would be tagged, and change nothing')
    .action(
      action<CommonOptions>(io, async (workspace, [source = '', ...names], { call }) => {
        const { tagImage } = await import('@stowage/core/registry');
        const results = await tagImage(workspace, source, names, call);
        const done = call.dryRun ? 'would be tagged' : 'tagged';
        return {
          json: { results },
          text: text`${results.map(
            ({ reference, digest }) => text`${reference}  ${done} (${shortDigest(digest)})\n`,
          )}`,
        };
      }),
    );
}
