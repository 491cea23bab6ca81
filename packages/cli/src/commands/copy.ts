import {
  copyImages,
  familiarReference,
  ImageError,
  parseReference,
  type CopiedImage,
} from '@stowage/core';
import { Option, type Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import {
  copiedOutcome,
  copyingOf,
  sourcesAndDestination,
  withCopying,
  type CopyOptions,
} from '../copy-options.js';
import { baseOption } from '../base-option.js';
import { imagesFromOption, keepGoingOption, withListedImages } from '../images-from.js';
import { platformsOf, withPlatforms, type PlatformOptions } from '../platform-options.js';
import { formatBytes, shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, withEngine, type Io } from '../verb.js';
import { copiedTagsOutcome, tagsOption } from './remote/copied-tags.js';

interface Options extends CopyOptions, PlatformOptions {
  readonly allTags?: boolean;
  readonly tags?: readonly string[];
}

/** Options that are about one image or one archive. */
const OF_IMAGES = [
  'as',
  'repository',
  'all',
  'split',
  'append',
  'force',
  'base',
  'imagesFrom',
  'manifest',
  'platform',
  'allPlatforms',
];

export function copyCommand(io: Io): Command {
  const command = withRegistry(
    withEngine(
      verb('copy', 'Copy images unchanged: the digest that goes in is the digest that comes out.', [
        'stowage copy ./from-elsewhere.tar.zst oci:./layout',
        'stowage copy app-ubuntu-25.04-gcc15 all.tar --append',
        'stowage copy oci-archive:all.tar:app:1 one.tar --split 1GB',
        'stowage copy docker-daemon:app:1 - | ssh host docker load',
        'stowage copy multi.tar arm64.tar --platform linux/arm64',
        'stowage copy --images-from images.txt release.tar --split 1GB',
        'stowage copy registry.example.com/team/app mirror.lan/team/app --all-tags',
      ]).summary('copy images unchanged'),
    ),
  )
    .usage('[options] <source...> <destination>')
    .argument(
      '<source-and-destination...>',
      'sources: archives by path or pattern, folders, - for stdin, names of the catalog, …; then the destination: an archive, a layout folder (oci:, or ending with /), -, docker-daemon:, store:',
    )
    .addOption(imagesFromOption())
    .addOption(keepGoingOption());
  return withPlatforms(
    withCopying(command),
    'platform to copy of a multi-platform image; one is copied as an image, several as an index of these alone',
  )
    .addOption(
      baseOption(
        'for a delta as the source: the archives it was made against; otherwise the blobs of these archives are left out, which makes a delta',
      ),
    )
    .addOption(
      new Option(
        '--all-tags',
        'copy the tags of a repository to another; only what differs',
      ).conflicts(OF_IMAGES),
    )
    .addOption(tagsOption().conflicts(OF_IMAGES).helpGroup(GROUPS.further))
    .option('--dry-run', 'print what would be copied, and copy nothing')
    .action(
      action<Options>(io, async (workspace, locations, { options, call }) => {
        const { allTags, tags } = options;
        if (allTags || tags) {
          const [source = '', destination = '', ...more] = locations;
          if (destination === '' || more.length > 0)
            throw new ImageError(
              'USAGE',
              `--all-tags copies one repository to another one: give two, not ${locations.length}`,
            );
          const { copyTags } = await import('@stowage/core/registry');
          return copiedTagsOutcome(
            await copyTags(workspace, source, destination, { ...call, tags }),
          );
        }
        const { base, quiet } = options;
        const isListed = options.imagesFrom !== undefined && locations.length === 1;
        const given = isListed
          ? { from: [], to: locations[0] ?? '' }
          : sourcesAndDestination(locations);
        const { to } = given;
        const from = await withListedImages(workspace, given.from, { options, call });
        const results = await copyImages(workspace, from, to, {
          ...call,
          ...copyingOf(options, to, io),
          platforms: platformsOf(options),
          base,
        });
        const { dryRun } = call;
        return copiedOutcome(results, (each) => line(each, dryRun), { to, quiet, io });
      }),
    );
}

function line(
  { reference, digest, bytes, newBytes, destination }: CopiedImage,
  dryRun: boolean | undefined,
): Text {
  const name = reference === null ? '(no name)' : familiarReference(parseReference(reference));
  const added = newBytes === bytes ? '' : `, ${formatBytes(newBytes)} new`;
  return text`${name}  ${dryRun ? 'would copy' : 'copied'} to ${destination} (${dryRun ? '≤ ' : ''}${formatBytes(bytes)}${added}, ${shortDigest(digest)})\n`;
}
