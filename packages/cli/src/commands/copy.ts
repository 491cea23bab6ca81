import { copyImages, familiarReference, parseReference, type CopiedImage } from '@stowage/core';
import type { Command } from 'commander';
import { copiedOutcome, copyingOf, withCopying, type CopyOptions } from '../copy-options.js';
import { formatBytes, shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, withRegistry, type Io } from '../verb.js';

export function copyCommand(io: Io): Command {
  const command = withRegistry(
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
    );
  return withCopying(command)
    .option(
      '--base <location>',
      'for a delta as the source: the archive it was made against; otherwise: leave out the blobs of this archive, which makes a delta',
    )
    .option('--dry-run', 'print what would be copied, and copy nothing')
    .action(
      action<CopyOptions>(io, async (workspace, [from = '', to = ''], { options, call }) => {
        const { base, quiet } = options;
        const results = await copyImages(workspace, from, to, {
          ...call,
          ...copyingOf(options, to, io),
          base,
        });
        const { dryRun } = call;
        return copiedOutcome(results, (each) => line(each, dryRun), { to, quiet, io });
      }),
    );
}

function line(
  { reference, digest, bytes, destination }: CopiedImage,
  dryRun: boolean | undefined,
): Text {
  const name = reference === null ? '(no name)' : familiarReference(parseReference(reference));
  return text`${name}  ${dryRun ? 'would copy' : 'copied'} to ${destination} (${dryRun ? '≤ ' : ''}${formatBytes(bytes)}, ${shortDigest(digest)})\n`;
}
