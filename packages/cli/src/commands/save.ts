import { relative } from 'node:path';
import { familiarReference, parseReference, save, type SaveResult } from '@stowage/core';
import type { Command } from 'commander';
import { platformsOf, withPlatforms, type PlatformOptions } from '../platform-options.js';
import { formatBytes, shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions, PlatformOptions {
  readonly output?: string;
}

export function saveCommand(io: Io): Command {
  const command = withEngine(
    verb('save', "Save an engine's images as archives, with record and catalog entry.", [
      'stowage save capy-ubuntu-25.04-gcc15',
      'stowage save app:1 tools:2 -o both.tar',
    ]).summary('write images to archives'),
  )
    .argument('<reference...>', 'images of the engine')
    .option('-o, --output <file>', 'write all images into this one file');
  return withPlatforms(command, 'platform to save of a multi-platform image')
    .option('--dry-run', 'print what would be saved, and save nothing')
    .action(
      action<Options>(io, async (workspace, references, { options, call }) => {
        const { output } = options;
        const platforms = platformsOf(options);
        const results = await save(workspace, references, { ...call, output, platforms });
        return {
          json: { results },
          text: text`${results.map((result) => savedLine(result, io.cwd))}`,
        };
      }),
    );
}

export function savedLine(
  { reference, archive, digest, size, action: done }: SaveResult,
  cwd: string,
): Text {
  const name = familiarReference(parseReference(reference));
  const path = relative(cwd, archive);
  // Only the share has it: there is a record, and no archive.
  if (size === null && digest !== null) {
    const where = done === 'remote' ? 'found in the share' : 'is in the share';
    return text`${name}  ${where} (${shortDigest(digest)})\n`;
  }
  const what = done === 'saved' ? 'saved to' : 'is in already:';
  return text`${name}  ${what} ${path} (${formatBytes(size)}, ${shortDigest(digest)})\n`;
}
