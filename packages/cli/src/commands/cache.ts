import {
  cacheInfo,
  listCache,
  purgeCache,
  verifyCache,
  type CachedImage,
  type CacheInfo,
} from '@stowage/core';
import { Command } from 'commander';
import { EXIT_PROBLEMS } from '../exit-codes.js';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { action, verb, type CommonOptions, type Io } from '../verb.js';

export function cacheCommand(io: Io): Command {
  const command = new Command('cache')
    .summary('list or purge the cache')
    .description(
      'List, verify and purge the cache of images from registries, which all workspaces of a user share.',
    );
  for (const create of [infoCommand, lsCommand, verifyCommand, purgeCommand])
    command.addCommand(create(io));
  return command;
}

function infoCommand(io: Io): Command {
  return verb('info', 'Print the location and the size of the cache.', ['stowage cache info'])
    .summary('print its location and size')
    .action(
      action(io, async (workspace) => {
        const info = await cacheInfo(workspace);
        return { json: info, text: infoLine(info) };
      }),
    );
}

function lsCommand(io: Io): Command {
  return verb('ls', 'List the images of the cache.', ['stowage cache ls'])
    .summary('list its images')
    .alias('list')
    .action(
      action(io, async (workspace) => {
        const images = await listCache(workspace);
        const said =
          images.length === 0
            ? text`Nothing yet. stowage pull and stowage load fill it.\n`
            : formatTable(HEAD, images.map(row));
        return { json: { images }, text: said };
      }),
    );
}

function verifyCommand(io: Io): Command {
  return verb(
    'verify',
    'Verify every blob of the cache by its digest; damaged blobs are deleted.',
    ['stowage cache verify'],
  )
    .summary('verify every blob')
    .action(
      action(io, async (workspace, _, { call }) => {
        const proof = await verifyCache(workspace, call);
        const { blobs, bytes, damaged } = proof;
        const ok = text`${blobs} blobs, ${formatBytes(bytes)}: every byte is as it should be\n`;
        const lines = damaged.map((digest) => text`${digest}  was damaged and has been deleted\n`);
        return {
          json: proof,
          text: damaged.length === 0 ? ok : text`${lines}`,
          exitCode: damaged.length === 0 ? 0 : EXIT_PROBLEMS,
        };
      }),
    );
}

interface PurgeCommandOptions extends CommonOptions {
  readonly unusedFor?: string;
  readonly maxUsed?: string;
}

function purgeCommand(io: Io): Command {
  return verb('purge', 'Delete images from the cache; all of them when none is named.', [
    'stowage cache purge',
    'stowage cache purge registry.example.com/team/app:1',
    'stowage cache purge --unused-for 30d',
    'stowage cache purge --max-used 20GB',
  ])
    .summary('delete images')
    .argument('[reference...]', 'images by tag or digest')
    .option('--unused-for <duration>', 'only images that were not used for this long, as 30d')
    .option(
      '--max-used <size>',
      'only the least recently used images, until no more than this is left',
    )
    .option('--dry-run', 'print what would be deleted, and delete nothing')
    .action(
      action<PurgeCommandOptions>(io, async (workspace, references, { options, call }) => {
        const { unusedFor, maxUsed } = options;
        const done = await purgeCache(workspace, {
          references,
          unusedFor,
          maxUsed,
          dryRun: call.dryRun,
        });
        const lines = done.purged.map(({ reference, digest }) => text`${reference ?? digest}\n`);
        const freed = call.dryRun ? '' : text`${formatBytes(done.freedBytes)} freed\n`;
        return { json: done, text: text`${lines}${freed}` };
      }),
    );
}

function infoLine({ path, images, blobs, bytes, partialBytes }: CacheInfo): Text {
  const partial =
    partialBytes === 0 ? '' : `, ${formatBytes(partialBytes)} of it incomplete downloads`;
  return text`${path}: ${images} images, ${blobs} blobs, ${formatBytes(bytes)}${partial}\n`;
}

const HEAD = ['REFERENCE', 'DIGEST', 'SIZE', 'COMPLETE', 'LAST USED'];

function row({ reference, digest, bytes, whole, lastUsed }: CachedImage): string[] {
  return [
    reference ?? '',
    shortDigest(digest),
    formatBytes(bytes),
    whole ? 'yes' : 'no',
    lastUsed?.slice(0, 16).replace('T', ' ') ?? '',
  ];
}
