import type { RemovedImage } from '@stowage/core/registry';
import type { Command } from 'commander';
import { shortDigest } from '../../print/table.js';
import { text, type Text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../../verb.js';

interface Options extends CommonOptions {
  readonly allTags?: boolean;
}

export function rmCommand(io: Io): Command {
  return withRegistry(
    verb(
      'rm',
      'Delete tags and manifests from a registry.\n\nA registry that deletes no single tags (docker-registry) deletes the manifest with all its tags; other tags than those that were named are then an error (exit 8) without --all-tags. Layers are freed by the registry itself.',
      [
        'stowage rm registry.example.com/team/app:1.2.3 --dry-run',
        'stowage rm registry.example.com/team/app:old registry.example.com/team/app:older',
        'stowage rm registry.example.com/team/app@sha256:… --all-tags',
      ],
    ).summary('delete tags and manifests'),
  )
    .argument('<reference...>', 'images by tag or digest')
    .option('--all-tags', 'delete a manifest although it has tags that were not named')
    .option('--dry-run', 'print what would be deleted, and delete nothing')
    .action(
      action<Options>(io, async (workspace, references, { options, call }) => {
        const { removeImages } = await import('@stowage/core/registry');
        const { allTags } = options;
        const results = await removeImages(workspace, references, { ...call, allTags });
        const done = call.dryRun ? 'would be deleted' : 'deleted';
        return { json: { results }, text: text`${results.map((each) => line(each, done))}` };
      }),
    );
}

function line({ reference, digest, alsoTags }: RemovedImage, done: string): Text {
  const others = alsoTags.length === 0 ? '' : text`, with its tags ${alsoTags.join(', ')}`;
  return text`${reference}  ${done} (${shortDigest(digest)}${others})\n`;
}
