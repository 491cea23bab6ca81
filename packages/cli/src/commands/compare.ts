import { compare, type Comparison } from '@stowage/core';
import type { Command } from 'commander';
import { shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

export function compareCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb(
        'compare',
        'List the images that were added, changed or removed between two locations.',
        [
          'stowage compare old.tar new.tar',
          'stowage compare last-month/ medium/',
          'stowage compare docker://staging.example.com/app docker://registry.example.com/app --json',
        ],
      ).summary('list what has changed'),
    ),
  )
    .argument(
      '<old>',
      'an archive, a folder of archives, docker://HOST/REPOSITORY for all its tags, …',
    )
    .argument('<new>', 'the same')
    .action(
      action<CommonOptions>(io, async (workspace, [before = '', after = ''], { call }) => {
        const comparison = await compare(workspace, [before, after], call);
        return { json: comparison, text: describe(comparison) };
      }),
    );
}

function describe({ added, changed, gone, same }: Comparison): Text {
  return text`${[
    added.map(({ name, digest }) => text`added    ${name}  ${shortDigest(digest)}\n`),
    changed.map(
      ({ name, before, after }) =>
        text`changed  ${name}  ${shortDigest(before)} -> ${shortDigest(after)}\n`,
    ),
    gone.map(({ name, digest }) => text`gone     ${name}  ${shortDigest(digest)}\n`),
    text`${added.length} added, ${changed.length} changed, ${gone.length} gone, ${same.length} the same\n`,
  ]}`;
}
