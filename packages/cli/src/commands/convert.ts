import { copyImages, parsePlatform, type CopiedImage } from '@stowage/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  copiedOutcome,
  copyingOf,
  sourcesAndDestination,
  withCopying,
  type CopyOptions,
} from '../copy-options.js';
import { formatBytes } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, withEngine, type Io } from '../verb.js';

interface Options extends CopyOptions {
  readonly platform?: readonly string[];
  readonly compress?: 'none' | 'gzip' | 'zstd';
  readonly level?: number;
  readonly format?: 'docker' | 'oci';
}

export function convertCommand(io: Io): Command {
  const command = withRegistry(
    withEngine(
      verb(
        'convert',
        'Copy images with other platforms, compression or format, and print both digests.',
        [
          'stowage convert app.tar app-small.tar --compress zstd',
          "stowage convert 'images/*/*.tar' all.tar --compress zstd",
          'stowage convert multi.tar one.tar --platform linux/arm64',
          'stowage convert oci:./layout docker.tar --format docker --compress gzip',
        ],
      ).summary('change layers or format'),
    ),
  )
    .usage('[options] <source...> <destination>')
    .argument(
      '<source-and-destination...>',
      'sources: archives by path or pattern, folders, - for stdin, names of the catalog, …; then the destination, as for stowage copy',
    )
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
    .option('--level <number>', 'compression level; gzip 1 to 9, zstd 1 to 19', parseLevel)
    .addOption(
      new Option('--format <format>', 'media types of manifests and layers').choices([
        'docker',
        'oci',
      ]),
    );
  return withCopying(command).action(
    action<Options>(io, async (workspace, locations, { options, call }) => {
      const { from, to } = sourcesAndDestination(locations);
      const { compress, level, format, quiet } = options;
      const platforms = options.platform?.map(parsePlatform);
      const results = await copyImages(workspace, from, to, {
        ...call,
        ...copyingOf(options, to, io),
        convert: { platforms, compress, level, format },
      });
      return copiedOutcome(results, line, { to, quiet, io });
    }),
  );
}

function parseLevel(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 19) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 19.');
}

function line({ reference, before, digest, bytes, destination }: CopiedImage): Text {
  const change = before === digest ? `${digest} (unchanged)` : `${before} -> ${digest}`;
  return text`${reference ?? '(no name)'}  converted to ${destination} (${formatBytes(bytes)})\n  ${change}\n`;
}
