import type { Command } from 'commander';
import { text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../../verb.js';

export function tagsCommand(io: Io): Command {
  return withRegistry(
    verb('tags', 'List the tags of a repository, one a line.', [
      'stowage tags registry.example.com/team/app',
      'stowage tags registry.example.com/team/app | grep ^v1',
    ]).summary('list tags of a repository'),
  )
    .argument('<repository>', 'HOST[:PORT]/REPOSITORY')
    .action(
      action<CommonOptions>(io, async (workspace, [repository = ''], { call }) => {
        const { listTags } = await import('@stowage/core/registry');
        const listing = await listTags(workspace, repository, call);
        return { json: listing, text: text`${listing.tags.map((tag) => text`${tag}\n`)}` };
      }),
    );
}
