import { parsePlatform, pull, type PullResult } from '@stowage/core';
import type { Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import { manifestOption, stdoutFor } from '../copy-options.js';
import {
  imagesFromAlias,
  imagesFromOption,
  keepGoingOption,
  withListedImages,
} from '../images-from.js';
import { print } from '../print/print.js';
import { formatBytes } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import {
  action,
  foreignLayersOption,
  verb,
  wantsCache,
  withCache,
  type CommonOptions,
  type Io,
} from '../verb.js';

interface Options extends CommonOptions {
  readonly from?: string;
  readonly output?: string;
  readonly platform?: string;
  readonly referrers?: boolean;
  readonly append?: boolean;
  readonly split?: string;
  readonly force?: boolean;
  readonly manifest?: boolean;
}

export function pullCommand(io: Io): Command {
  return withCache(
    withRegistry(
      verb('pull', 'Pull images from registries: into the cache, or into an archive or layout.', [
        'stowage pull registry.example.com/team/app:1',
        'stowage pull registry.example.com/team/app:1 -o app.tar',
        'stowage pull registry.example.com/team/app:1 -o layout/ --platform linux/arm64',
        'stowage pull --images-from deploy.yaml -o release.tar',
        'stowage pull --images-from deploy.yaml --from mirror.lan/hub -o release.tar',
        'stowage pull --images-from compose.yaml --images-from images.txt',
      ]).summary('fetch images'),
    ),
  )
    .argument('[reference...]', 'images by tag or digest')
    .addOption(imagesFromOption())
    .addOption(imagesFromAlias('--from-kubernetes'))
    .addOption(imagesFromAlias('--kubernetes'))
    .addOption(keepGoingOption())
    .option(
      '--from <place>',
      'archive, folder or registry to take them from; HOST[:PORT][/PREFIX] in place of the registries that the references name; needs -o',
    )
    .option('-o, --output <path>', 'an archive, or a folder/ for a layout')
    .option('--platform <platform>', 'only this platform of a multi-platform image')
    .option('--append', 'add to an existing archive')
    .option('--force', 'overwrite an existing archive')
    .option('--dry-run', 'print what would be pulled, and fetch no layer')
    .optionsGroup(GROUPS.further)
    .option('--split <size>', 'write an archive in parts of this size, with their checksums')
    .option('--no-referrers', 'leave out referrers: signatures, SBOMs')
    .addOption(manifestOption())
    .addOption(foreignLayersOption())
    .action(
      action<Options>(io, async (workspace, references, { options, call }) => {
        const { from, output, append, split, force, manifest, platform, referrers } = options;
        const results = await pull(
          workspace,
          await withListedImages(workspace, references, { options, call }),
          {
            ...call,
            from,
            output,
            append,
            split,
            force,
            manifest,
            referrers,
            cache: wantsCache(options),
            platform: platform === undefined ? undefined : parsePlatform(platform),
            stdout: stdoutFor(output ?? '', io),
          },
        );
        const said = text`${results.map((each) => line(each, options))}`;
        const sum = results.reduce((bytes, each) => bytes + sizeOf(each, options), 0);
        const total = { images: results.length, bytes: sum };
        // stdout carries the archive itself.
        if (output !== '-') return { json: { results }, text: said, total };
        if (!options.quiet) print(io.stderr, said);
        return { json: { results }, total };
      }),
    );
}

function line(result: PullResult, options: Options): Text {
  const { reference, tag, digest } = result;
  const name = tag === null ? reference : reference.replace(`@${digest}`, `:${tag}@${digest}`);
  const size = formatBytes(sizeOf(result, options));
  return text`${name}  ${options.dryRun ? `would pull, ≤ ${size}` : `pulled (${size} received)`}\n`;
}

/** Bytes received; in a dry run all that the image has, because the cache may have some of it. */
function sizeOf({ bytes, bytesReceived }: PullResult, { dryRun }: Options): number {
  return dryRun ? bytes : bytesReceived;
}
