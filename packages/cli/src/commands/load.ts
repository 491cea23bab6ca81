import {
  familiarReference,
  load,
  parsePlatform,
  parseReference,
  type LoadResult,
} from '@stowage/core';
import { Option, type Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import {
  imagesFromAlias,
  imagesFromOption,
  keepGoingOption,
  withListedImages,
} from '../images-from.js';
import { canAsk } from '../ask.js';
import { baseOption } from '../base-option.js';
import { pickImages } from '../pick.js';
import { formatBytes, shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import {
  action,
  foreignLayersOption,
  verb,
  wantsCache,
  withCache,
  withEngine,
  type CommonOptions,
  type Io,
} from '../verb.js';

interface Options extends CommonOptions {
  readonly as?: string;
  readonly ifNotPresent?: boolean;
  readonly from?: string;
  readonly base?: readonly string[];
  readonly platform?: string;
  readonly allPlatforms?: boolean;
  readonly repository?: string;
}

export function loadCommand(io: Io): Command {
  return withCache(
    withRegistry(
      withEngine(
        verb('load', 'Load images into an engine; layers that it has are not sent again.', [
          'stowage load capy-ubuntu-25.04-gcc15',
          'stowage load ./app.tar --as app:dev',
          'stowage load registry.example.com/team/app:1',
          'docker save app:1 | stowage load - --engine embedded',
          'kustomize build . | stowage load --images-from - --engine kind',
          'stowage load --images-from deploy/ --from release.tar --if-not-present',
        ]).summary('put images into an engine'),
      ),
    ),
  )
    .argument(
      '[input...]',
      'an archive, a layout folder, - for stdin, a name of the catalog, or a reference; on a terminal, without any, you are asked',
    )
    .addOption(imagesFromOption())
    .addOption(imagesFromAlias('--from-kubernetes'))
    .addOption(imagesFromAlias('--kubernetes'))
    .addOption(keepGoingOption())
    .option(
      '--if-not-present',
      'skip tags that the engine has, without asking a registry; always so for digests',
    )
    .option(
      '--from <place>',
      'archive, folder or registry to take them from; HOST[:PORT][/PREFIX] in place of the registries that the references name',
    )
    .option('--as <reference>', 'name of the image in the engine')
    .addOption(
      new Option(
        '--platform <platform>',
        'platform of a multi-platform image; os[(version)]/architecture[/variant]',
      ).conflicts('allPlatforms'),
    )
    .option('--dry-run', 'print what would be loaded, and load nothing')
    .optionsGroup(GROUPS.further)
    .option(
      '--all-platforms',
      "all platforms of an image, in an engine that keeps several; without both options, the engine's own",
    )
    .option('--repository <repository>', 'repository of images whose name is only a tag')
    .addOption(baseOption())
    .addOption(foreignLayersOption())
    .action(
      action<Options>(io, async (workspace, inputs, { options, call }) => {
        const platform =
          options.platform === undefined ? undefined : parsePlatform(options.platform);
        const wanted = options.allPlatforms ? 'all' : platform;
        const isAsked =
          inputs.length === 0 && !options.imagesFrom && !options.json && !options.quiet;
        const named = isAsked && canAsk(io) ? await pickImages(workspace, io) : inputs;
        const results = await load(
          workspace,
          await withListedImages(workspace, named, { options, call }),
          {
            ...call,
            as: options.as,
            ifNotPresent: options.ifNotPresent,
            from: options.from,
            base: options.base,
            repository: options.repository,
            platform: wanted,
            cache: wantsCache(options),
          },
        );
        const total = {
          images: results.length,
          // Several names of one image have its bytes, which were sent once.
          bytes: [...new Map(results.map((each) => [each.digest, each.bytesSent])).values()].reduce(
            (sum, bytes) => sum + bytes,
            0,
          ),
        };
        const said = text`${results.map((each) => line(each, call.dryRun))}`;
        return { json: { results }, text: said, total };
      }),
    );
}

/** The words for each action: after a load, and in a dry run. */
const ACTION_TEXT: Readonly<Record<LoadResult['action'], readonly [string, string]>> = {
  loaded: ['loaded', 'would load'],
  skipped: ['already there', 'already there'],
  retagged: ['already there, named', 'already there, would name it'],
};

function line(
  { action: done, reference, engine, bytesSent, digest, imageId }: LoadResult,
  dryRun: boolean | undefined,
): Text {
  const [did, would] = ACTION_TEXT[done];
  const size = formatBytes(bytesSent);
  const sent = done !== 'loaded' ? '' : dryRun ? `, ≤ ${size}` : `, ${size} sent`;
  return text`${familiarReference(parseReference(reference))}  ${dryRun ? would : did} (${engine}, ${shortDigest(imageId ?? digest)}${sent})\n`;
}
