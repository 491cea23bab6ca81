import {
  build,
  familiarReference,
  parsePlatform,
  parseReference,
  saveDefinition,
  type BuildResult,
} from '@stowage/core';
import type { Command } from 'commander';
import { shortDigest } from '../print/table.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';
import { savedLine } from './save.js';

interface Options extends CommonOptions {
  readonly force?: boolean;
  readonly save?: boolean;
  readonly platform?: string;
}

export function buildCommand(io: Io): Command {
  return withEngine(
    verb(
      'build',
      'Make the image of a definition (image.yaml) and put it into an engine, or into an archive.',
      [
        'stowage build apps/capy/images/ubuntu-25.04-gcc15',
        'stowage build apps/capy/images/ubuntu-25.04-gcc15 --save',
      ],
    ),
  )
    .argument('<definition...>', 'image.yaml, or the folder that holds it')
    .option(
      '--save',
      'keep it as an archive with record and catalog entry; needs no engine unless it has a Dockerfile',
    )
    .option('--platform <platform>', 'what to make it for: os/architecture[/variant]')
    .option('--force', 'build even what is there already')
    .option('--dry-run', 'say what would be built, and build nothing')
    .action(
      action<Options>(io, async (workspace, definitions, { options, call }) => {
        const platform =
          options.platform === undefined ? undefined : parsePlatform(options.platform);
        const lines: string[] = [];
        const results: unknown[] = [];
        for (const definition of definitions) {
          if (options.save) {
            const result = await saveDefinition(workspace, definition, {
              ...call,
              platform,
              force: options.force,
            });
            results.push(result);
            lines.push(savedLine(result, io.cwd));
          } else {
            const result = await build(workspace, definition, {
              ...call,
              platform,
              force: options.force,
            });
            results.push(result);
            lines.push(line(result));
          }
        }
        return { json: { results }, text: lines.join('') };
      }),
    );
}

function line({ reference, engine, imageId, action: done }: BuildResult): string {
  const what = done === 'built' ? 'built' : 'is built already';
  return `${familiarReference(parseReference(reference))}  ${what} (${engine}, ${shortDigest(imageId)})\n`;
}
