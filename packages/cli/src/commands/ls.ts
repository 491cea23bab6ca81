import {
  list,
  listedImages,
  listEngine,
  type EngineListing,
  type ListedImage,
  type ListEntry,
} from '@stowage/core';
import type { Command } from 'commander';
import { imagesFromOption } from '../images-from.js';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { text } from '../print/text.js';
import { action, verb, withEngine, type CommonOptions, type Io, type Outcome } from '../verb.js';

export function lsCommand(io: Io): Command {
  return withEngine(
    verb(
      'ls',
      'List the archives of the catalog and the disk, the images of an engine, or those that manifests and lists name.',
      [
        'stowage ls',
        'stowage ls --json | jq -r ".entries[].reference"',
        'stowage ls --engine docker',
        'kustomize build . | stowage ls --images-from -',
      ],
    ),
  )
    .alias('list')
    .addOption(imagesFromOption())
    .action(
      action<CommonOptions>(io, async (workspace, _, { options, call }) => {
        const { imagesFrom, engine, host } = options;
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
      : text`${formatTable(HEAD, entries.map(row))}${entries.map(({ problem }) => (problem === undefined ? '' : text`${problem}\n`))}`;
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
