import { pipeline } from 'node:stream/promises';
import {
  copyImages,
  familiarReference,
  ImageError,
  parseReference,
  type CopiedImage,
  type CopyImagesOptions,
} from '@stowage/core';
import type { Command } from 'commander';
import { formatBytes, shortDigest } from '../print/table.js';
import { print } from '../print/print.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, withRegistry, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly as?: string;
  readonly repository?: string;
  readonly all?: boolean;
  readonly base?: string;
  readonly append?: boolean;
  readonly split?: string;
  readonly force?: boolean;
}

export function copyCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb('copy', 'Copy images unchanged: the digest that goes in is the digest that comes out.', [
        'stowage copy ./from-elsewhere.tar.zst oci:./layout',
        'stowage copy app-ubuntu-25.04-gcc15 all.tar --append',
        'stowage copy oci-archive:all.tar:app:1 one.tar --split 1GB',
        'stowage copy docker-daemon:app:1 - | ssh host docker load',
      ]),
    ),
  )
    .argument('<source>', 'an archive, a layout folder, - for stdin, a name of the catalog, …')
    .argument(
      '<destination>',
      'an archive, a layout folder (oci:, or ending with /), -, docker-daemon:, store:',
    )
    .option('--as <reference>', 'name of the image at the destination')
    .option('--repository <repository>', 'repository of images whose name is only a tag')
    .option('--all', 'copy all images of the source, not just one')
    .option('--split <size>', 'write an archive in parts of this size, with their checksums')
    .option('--append', 'add to an existing archive')
    .option('--force', 'overwrite an existing archive')
    .option(
      '--base <location>',
      'for a delta as the source: the archive it was made against; otherwise: leave out the blobs of this archive, which makes a delta',
    )
    .option('--dry-run', 'print what would be copied, and copy nothing')
    .action(
      action<Options>(io, async (workspace, [from = '', to = ''], { options, call }) => {
        const { as, repository, all, split, append, force, base } = options;
        const stdout = stdoutFor(to, io);
        const results = await copyImages(workspace, from, to, {
          ...call,
          repository,
          base,
          as,
          all,
          split,
          append,
          force,
          stdout,
        });
        const said = text`${results.map(line)}`;
        // stdout carries the archive itself.
        if (to !== '-') return { json: { results }, text: said };
        if (!options.quiet) print(io.stderr, said);
        return { json: { results } };
      }),
    );
}

/** Writes an archive whose destination is `-` to stdout. @throws ImageError USAGE (stdout is a terminal) */
export function stdoutFor(to: string, io: Io): CopyImagesOptions['stdout'] {
  if (to === '-' && io.stdout.isTTY)
    throw new ImageError('USAGE', '-: expected a file or a pipe to write to, got a terminal', {
      hint: 'For example stowage copy SOURCE - | docker load.',
    });
  return (archive) => pipeline(archive, io.stdout, { end: false });
}

function line({ reference, digest, bytes, destination }: CopiedImage): Text {
  const name = reference === null ? '(no name)' : familiarReference(parseReference(reference));
  return text`${name}  copied to ${destination} (${formatBytes(bytes)}, ${shortDigest(digest)})\n`;
}
