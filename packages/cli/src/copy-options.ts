import { pipeline } from 'node:stream/promises';
import { ImageError, type CopiedImage, type CopyImagesOptions } from '@stowage/core';
import { Option, type Command } from 'commander';
import { GROUPS } from './help/groups.js';
import { print } from './print/print.js';
import { text, type Text } from './print/text.js';
import { foreignLayersOption, type CommonOptions, type Io, type Outcome } from './verb.js';

/** The options that all commands that copy images have. */
type Shared = Pick<
  CopyImagesOptions,
  'as' | 'repository' | 'all' | 'append' | 'split' | 'force' | 'manifest'
>;

export interface CopyOptions extends CommonOptions, Shared {}

/** Adds the options that all commands that copy images have. */
export function withCopying(command: Command): Command {
  return command
    .option('--as <reference>', 'name of the image at the destination')
    .option('--all', 'copy all images of the source, not just one')
    .option('--append', 'add to an existing archive')
    .option('--force', 'overwrite an existing archive')
    .optionsGroup(GROUPS.further)
    .option('--repository <repository>', 'repository of images whose name is only a tag')
    .option('--split <size>', 'write an archive in parts of this size, with their checksums')
    .addOption(manifestOption())
    .addOption(foreignLayersOption())
    .optionsGroup('');
}

/** `--manifest` of the commands that write archives. */
export function manifestOption(): Option {
  const text = 'write NAME.manifest.json and NAME.manifest.txt beside the archive: what it holds';
  return new Option('--manifest', text).helpGroup(GROUPS.further);
}

/** The options of {@link withCopying}, and how an archive is written to stdout. @throws ImageError USAGE (a terminal) */
export function copyingOf(
  options: CopyOptions,
  to: string,
  io: Io,
): Shared & Pick<CopyImagesOptions, 'stdout'> {
  const { as, repository, all, append, split, force, manifest } = options;
  return { as, repository, all, append, split, force, manifest, stdout: stdoutFor(to, io) };
}

/** Writes an archive whose destination is `-` to stdout. @throws ImageError USAGE (stdout is a terminal) */
export function stdoutFor(to: string, io: Io): CopyImagesOptions['stdout'] {
  if (to === '-' && io.stdout.isTTY)
    throw new ImageError('USAGE', '-: an archive is not written to a terminal', {
      hint: 'For example stowage copy SOURCE - | docker load.',
    });
  return (archive) => pipeline(archive, io.stdout, { end: false });
}

/** Splits the arguments of a command that writes: the last one is the destination. @throws ImageError USAGE (only one) */
export function sourcesAndDestination(locations: readonly string[]): {
  readonly from: readonly string[];
  readonly to: string;
} {
  const [to = '', ...sources] = locations.toReversed();
  if (sources.length > 0) return { from: sources.reverse(), to };
  throw new ImageError('USAGE', `${to}: there is a source, but no destination`, {
    hint: 'Name an archive or a folder to write, as the last argument.',
  });
}

/** The outcome of a copy, one line for each image; on stderr when stdout carries the archive. */
export function copiedOutcome(
  results: readonly CopiedImage[],
  line: (image: CopiedImage) => Text,
  { to, quiet, io }: { readonly to: string; readonly quiet: boolean | undefined; readonly io: Io },
): Outcome {
  const said = text`${results.map(line)}`;
  const total = {
    images: results.length,
    bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  if (to !== '-') return { json: { results }, text: said, total };
  if (!quiet) print(io.stderr, said);
  return { json: { results }, total };
}
