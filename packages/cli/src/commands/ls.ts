import { list, type ListEntry } from '@stowage/core';
import type { Command } from 'commander';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { action, verb, type Io } from '../verb.js';

export function lsCommand(io: Io): Command {
  return verb('ls', 'List the archives that the catalog or the disk knows.', [
    'stowage ls',
    'stowage ls --json | jq -r ".entries[].reference"',
  ])
    .alias('list')
    .action(
      action(io, async (workspace) => {
        const entries = await list(workspace);
        const text =
          entries.length === 0
            ? 'No archives yet. nx run <project>:image-save makes one.\n'
            : formatTable(HEAD, entries.map(row));
        return { json: { entries }, text };
      }),
    );
}

const HEAD = ['NAME', 'STATE', 'SIZE', 'DIGEST', 'USED', 'LAST USED', 'PINNED'];

function row({ name, state, size, digest, usageCount, lastUsed, pinned }: ListEntry): string[] {
  return [
    name,
    state,
    formatBytes(size),
    shortDigest(digest),
    `${usageCount}×`,
    lastUsed?.slice(0, 16).replace('T', ' ') ?? 'never',
    pinned ? 'yes' : '',
  ];
}
