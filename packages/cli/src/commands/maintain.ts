import { collectRegistry, scrubRegistry } from '@stowage/core';
import type { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.js';
import { formatBytes } from '../print/table.js';
import { text } from '../print/text.js';
import { action, verb, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly root?: string;
  readonly grace?: string;
  readonly uploadsOlder?: string;
  readonly rate?: string;
}

const ROOT = 'the folder of the registry; .stowage/registry when omitted';

export function gcCommand(io: Io): Command {
  return verb(
    'gc',
    'Delete the blobs that no manifest of a registry references; the registry may be running.',
    [
      'stowage gc --dry-run',
      'stowage gc --root /srv/images --grace 2h',
      'stowage gc --uploads-older 10m',
    ],
  )
    .option('--root <folder>', ROOT)
    .option('--grace <duration>', 'keep content that was used within this time; 1h when omitted')
    .option(
      '--uploads-older <duration>',
      'delete uploads that received nothing for this long; 1d when omitted',
    )
    .option('--dry-run', 'print what would be deleted, and delete nothing')
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { root, grace, uploadsOlder } = options;
        const result = await collectRegistry(workspace, { ...call, root, grace, uploadsOlder });
        const { blobs, uploads, freedBytes } = result;
        const verbs = call.dryRun ? 'would be deleted' : 'deleted';
        return {
          json: result,
          text: text`${blobs.length} blobs and ${uploads} uploads ${verbs}, ${formatBytes(freedBytes)}\n`,
        };
      }),
    );
}

export function scrubCommand(io: Io): Command {
  return verb(
    'scrub',
    'Verify all blobs of a registry, and quarantine damaged ones; the registry may be running.',
    ['stowage scrub --root /srv/images --rate 50MB'],
  )
    .option('--root <folder>', ROOT)
    .option('--rate <size>', 'read at most this much per second')
    .addHelpText(
      'after',
      '\nDamaged blobs are moved to quarantine/; pushing them again restores them. Exit 4 when there are any.',
    )
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { root, rate } = options;
        const result = await scrubRegistry(workspace, { ...call, root, rate });
        const { blobs, bytes, damaged } = result;
        const lines = damaged.map(
          ({ digest, images }) =>
            text`${digest}  damaged; needed by ${images.join(', ') || 'no image'}\n`,
        );
        return {
          json: result,
          text: text`${lines}${blobs} blobs, ${formatBytes(bytes)}, ${damaged.length} damaged\n`,
          ...(damaged.length > 0 ? { exitCode: EXIT_CODES.CORRUPT } : {}),
        };
      }),
    );
}
