import { verify, type ImageProblem, type VerifyResult } from '@stowage/core';
import type { Command } from 'commander';
import { EXIT_PROBLEMS } from '../exit-codes.js';
import { formatBytes } from '../print/table.js';
import { action, verb, withEngine, withRegistry, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly allowSparse?: boolean;
  readonly base?: string;
}

export function verifyCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb(
        'verify',
        'Prove archives byte by byte: all digests, diff IDs, layers; exit 4 on any problem.',
        [
          'stowage verify ./from-elsewhere.tar app-ubuntu-25.04-gcc15',
          'stowage verify images/*/*.tar --json | jq ".results[].problems[]"',
        ],
      ),
    ),
  )
    .argument('<location...>', 'archives, layout folders, - for stdin, names of the catalog, …')
    .option('--base <location>', 'what a delta was made against')
    .option('--allow-sparse', 'platforms that an archive lists and does not hold are no problem')
    .action(
      action<Options>(io, async (workspace, locations, { options, call }) => {
        const { allowSparse, base } = options;
        const results = await verify(workspace, locations, { ...call, allowSparse, base });
        return {
          json: { results },
          text: results.map(describe).join(''),
          exitCode: results.every(({ ok }) => ok) ? 0 : EXIT_PROBLEMS,
        };
      }),
    );
}

function describe({ location, ok, images, bytes, problems, unreferenced }: VerifyResult): string {
  const many = `${images} ${images === 1 ? 'image' : 'images'}, ${formatBytes(bytes)}`;
  const found = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  return [
    `${location}  ${ok ? 'ok' : found} (${many})\n`,
    ...problems.map(line),
    ...unreferenced.map((member) => `  of no image: ${member}\n`),
  ].join('');
}

function line({ code, message, offset }: ImageProblem): string {
  return `  ${code}  ${message}${offset === null ? '' : ` (at byte ${offset})`}\n`;
}
