import {
  list,
  listedImages,
  listEngine,
  type EngineListing,
  type ListedImage,
  type ListEntry,
} from '@stowage/core';
import type { RegistryListing, ServedListing, TagListing } from '@stowage/core/registry';
import type { Command } from 'commander';
import { imagesFromAlias, imagesFromOption } from '../images-from.js';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import { action, verb, withEngine, type CommonOptions, type Io, type Outcome } from '../verb.js';

interface Options extends CommonOptions {
  readonly root?: string;
}

export function lsCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb(
        'ls',
        'List the archives of the catalog and the disk, a registry, the images of an engine, or those that manifests and lists name.',
        [
          'stowage ls',
          'stowage ls --json | jq -r ".entries[].reference"',
          'stowage ls registry.example.com',
          'stowage ls registry.example.com/team/app',
          'stowage ls --root /srv/images',
          'stowage ls --engine docker',
          'kustomize build . | stowage ls --images-from -',
        ],
      ).summary('list archives or images'),
    ),
  )
    .alias('list')
    .argument(
      '[registry]',
      'HOST[:PORT] for its repositories, HOST[:PORT]/REPOSITORY for its tags; the catalog when omitted',
    )
    .addOption(imagesFromOption())
    .addOption(imagesFromAlias('--from-kubernetes'))
    .addOption(imagesFromAlias('--kubernetes'))
    .option('--root <folder>', 'the images in the folder of a served registry')
    .action(
      action<Options>(io, async (workspace, [registry], { options, call }) => {
        const { imagesFrom, engine, host, root } = options;
        if (root !== undefined) {
          const { listServed } = await import('@stowage/core/registry');
          return servedOutcome(await listServed(workspace, { ...call, root }));
        }
        if (registry !== undefined) {
          const { listRegistry } = await import('@stowage/core/registry');
          return registryOutcome(await listRegistry(workspace, registry, call));
        }
        if (imagesFrom !== undefined)
          return listedOutcome(await listedImages(workspace, imagesFrom, call));
        if (engine !== undefined || host !== undefined)
          return engineOutcome(await listEngine(workspace, call));
        return catalogOutcome(await list(workspace));
      }),
    );
}

function catalogOutcome(entries: readonly ListEntry[]): Outcome {
  const said =
    entries.length === 0
      ? text`No archives yet. nx run <project>:image-save makes one.\n`
      : text`${formatTable(HEAD, entries.map(row))}${entries.flatMap(({ problem }) => (problem === undefined ? [] : text`${problem}\n`))}`;
  return { json: { entries }, text: said };
}

function engineOutcome(listing: EngineListing): Outcome {
  const rows = listing.images.flatMap(({ references, id, size }) =>
    (references.length === 0 ? ['-'] : references).map((reference) => [
      reference,
      shortDigest(id),
      formatBytes(size),
    ]),
  );
  return { json: listing, text: formatTable(['REFERENCE', 'ID', 'SIZE'], rows) };
}

function servedOutcome(listing: ServedListing): Outcome {
  const rows = listing.images.map(({ repository, digest, tags, bytes, ownBytes, lastUsed }) => [
    repository,
    tags.join(','),
    shortDigest(digest),
    formatBytes(bytes),
    formatBytes(ownBytes),
    lastUsed.slice(0, 16).replace('T', ' '),
  ]);
  const head = ['REPOSITORY', 'TAGS', 'DIGEST', 'SIZE', 'OWN', 'LAST USED'];
  return { json: listing, text: formatTable(head, rows) };
}

/** The names alone, one a line, so that they can be piped. */
function registryOutcome(listing: RegistryListing | TagListing): Outcome {
  const names = 'tags' in listing ? listing.tags : listing.repositories;
  return { json: listing, text: text`${names.map((name) => text`${name}\n`)}` };
}

/** One reference a line, so that it can be piped. */
function listedOutcome(images: readonly ListedImage[]): Outcome {
  return { json: { images }, text: text`${images.map(({ reference }) => text`${reference}\n`)}` };
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
