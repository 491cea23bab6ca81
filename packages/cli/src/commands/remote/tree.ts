import type { TreeNode } from '@stowage/core/registry';
import type { Command } from 'commander';
import { text, type Text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../../verb.js';

export function treeCommand(io: Io): Command {
  return withRegistry(
    verb(
      'tree',
      'Show an image of a registry with its platforms, signatures, SBOMs and other referrers.',
      [
        'stowage tree registry.example.com/team/app:1',
        "stowage tree registry.example.com/team/app:1 --json | jq '.referrers[].artifactType'",
      ],
    ).summary("show an image's referrers"),
  )
    .argument('<reference>', 'an image by tag or digest')
    .action(
      action<CommonOptions>(io, async (workspace, [reference = ''], { call }) => {
        const { referrerTree } = await import('@stowage/core/registry');
        const tree = await referrerTree(workspace, reference, call);
        return { json: tree, text: text`${reference}  ${tree.digest}\n${branches(tree, '')}` };
      }),
    );
}

/** The nodes below one, each on a line of its own. */
function branches({ manifests, referrers }: TreeNode, indent: string): readonly Text[] {
  const below = [...manifests, ...referrers];
  return below.map((node, at) => {
    const isLast = at === below.length - 1;
    // BuildKit lists attestations in the index, for unknown/unknown.
    const attestation = node.annotations['vnd.docker.reference.type'];
    const label = attestation ?? node.platform ?? node.artifactType ?? node.tag ?? node.mediaType;
    const line = text`${indent}${isLast ? '└── ' : '├── '}${label}  ${node.digest}\n`;
    return text`${[line, ...branches(node, `${indent}${isLast ? '    ' : '│   '}`)]}`;
  });
}
