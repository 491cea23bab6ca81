import { copyImages, parsePlatform, type CopiedImage, type CopyImagesOptions } from '@stowage/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { formatBytes } from '../print/table.js';
import { print } from '../print/print.js';
import { text, type Text } from '../print/text.js';
import { action, verb, withEngine, withRegistry, type CommonOptions, type Io } from '../verb.js';
import { stdoutFor } from './copy.js';

interface Options extends CommonOptions {
  readonly platform?: readonly string[];
  readonly compress?: 'none' | 'gzip' | 'zstd';
  readonly level?: number;
  readonly format?: 'docker' | 'oci';
  readonly as?: string;
  readonly repository?: string;
  readonly all?: boolean;
  readonly append?: boolean;
  readonly split?: string;
  readonly force?: boolean;
}

export function convertCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb(
        'convert',
        'Copy images with other platforms, compression or format, and print both digests.',
        [
          'stowage convert app.tar app-small.tar --compress zstd',
          'stowage convert multi.tar one.tar --platform linux/arm64',
          'stowage convert oci:./layout docker.tar --format docker --compress gzip',
        ],
      ),
    ),
  )
    .argument('<source>', 'an archive, a layout folder, - for stdin, a name of the catalog, …')
    .argument('<destination>', 'an archive, a layout folder, …, as for stowage copy')
    .option(
      '--platform <platform...>',
      'keep only these platforms; a single one gives an image instead of an index',
    )
    .addOption(
      new Option('--compress <how>', 'compression of every layer').choices([
        'none',
        'gzip',
        'zstd',
      ]),
    )
    .option('--level <number>', 'compression level: gzip 1 to 9, zstd 1 to 19', parseLevel)
    .addOption(
      new Option('--format <format>', 'media types of manifests and layers').choices([
        'docker',
        'oci',
      ]),
    )
    .option('--as <reference>', 'name of the image at the destination')
    .option('--repository <repository>', 'repository of images whose name is only a tag')
    .option('--all', 'copy all images of the source, not just one')
    .option('--split <size>', 'write an archive in parts of this size, with their checksums')
    .option('--append', 'add to an existing archive')
    .option('--force', 'overwrite an existing archive')
    .action(
      action<Options>(io, async (workspace, [from = '', to = ''], { options, call }) => {
        const {
          as,
          repository,
          all,
          split,
          append,
          force,
          compress,
          level: wanted,
          format,
        } = options;
        const convert: CopyImagesOptions['convert'] = {
          platforms: options.platform?.map(parsePlatform),
          compress,
          level: wanted,
          format,
        };
        const stdout = stdoutFor(to, io);
        const results = await copyImages(workspace, from, to, {
          ...call,
          repository,
          as,
          all,
          split,
          append,
          force,
          stdout,
          convert,
        });
        const said = text`${results.map(line)}`;
        if (to !== '-') return { json: { results }, text: said };
        if (!options.quiet) print(io.stderr, said);
        return { json: { results } };
      }),
    );
}

function parseLevel(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 19) return value;
  throw new InvalidArgumentError('expected a whole number from 1 to 19.');
}

function line({ reference, before, digest, bytes, destination }: CopiedImage): Text {
  const change = before === digest ? `${digest} (unchanged)` : `${before} -> ${digest}`;
  return text`${reference ?? '(no name)'}  converted to ${destination} (${formatBytes(bytes)})\n  ${change}\n`;
}
