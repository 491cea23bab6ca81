import { push, type PushOptions, type PushResult } from '@stowage/core';
import { Option, type Command } from 'commander';
import { GROUPS } from '../help/groups.js';
import { parseAnnotation } from '../annotation.js';
import { baseOption } from '../base-option.js';
import { imagesFromOption, keepGoingOption, withListedImages } from '../images-from.js';
import { platformsOf, withPlatforms, type PlatformOptions } from '../platform-options.js';
import { formatBytes, formatTable, shortDigest } from '../print/table.js';
import { text, type Text } from '../print/text.js';
import { withRegistry } from '../registry-options.js';
import {
  action,
  foreignLayersOption,
  verb,
  withEngine,
  type CommonOptions,
  type Io,
} from '../verb.js';

interface Options extends CommonOptions, PlatformOptions {
  readonly tag?: string;
  readonly repository?: string;
  readonly base?: readonly string[];
  readonly referrers?: boolean;
  readonly library?: boolean;
  readonly annotation?: Readonly<Record<string, string>>;
  readonly onExistingTag?: PushOptions['onExistingTag'];
  readonly compress?: PushOptions['compress'];
  readonly format?: PushOptions['format'];
}

export function pushCommand(io: Io): Command {
  const command = withRegistry(
    withEngine(
      verb('push', 'Push images to a registry under their own names.', [
        'stowage push ./from-elsewhere.tar --to registry.example.com/mirror',
        "stowage push 'images/*/*.tar' --to localhost:5000 --dry-run",
        'stowage push ./app.tar --to registry.example.com --tag team/app:1',
        'stowage push --images-from images.yaml --to registry.example.com/mirror',
        'stowage push ./arm64.tar --to registry.example.com --on-existing-tag merge',
      ]).summary('send images'),
    ),
  )
    .argument(
      '[input...]',
      'archives by path or pattern, layout folders, - for stdin, names of the catalog, …',
    )
    .addOption(imagesFromOption())
    .addOption(keepGoingOption())
    .option(
      '--to <registry>',
      '[http(s)://]HOST[:PORT][/PREFIX]; push.to of stowage.yaml when omitted',
    )
    .option('--tag <name>', 'REPOSITORY:TAG in the registry; only for one input with one image')
    .addOption(
      new Option('--on-existing-tag <what>', 'if the tag names another image')
        .choices(['overwrite', 'skip', 'error', 'merge', 'merge-keep'])
        .default('overwrite'),
    )
    .addOption(
      new Option(
        '--compress <how>',
        'layer compression; auto gzips layers of a docker-archive, except for a registry on this machine (default: "auto")',
      ).choices(['auto', 'none', 'gzip', 'zstd']),
    )
    .option('--dry-run', 'print what would be pushed where, and connect to no registry')
    .optionsGroup(GROUPS.further)
    .option('--repository <repository>', 'repository of images whose name is only a tag')
    .addOption(
      new Option(
        '--format <format>',
        'media types of manifests and layers; oci and docker change the digest of an image of the other format',
      )
        .choices(['oci', 'docker', 'keep'])
        .default('keep'),
    )
    .addOption(
      baseOption(
        'for a delta: the archives it was made against; not needed for what the registry has',
      ),
    )
    .option('--no-library', 'leave out library/, where Docker Hub keeps images without a path')
    .option(
      '--annotation <key=value>',
      'annotation of an index that the tag then names; repeat for several',
      parseAnnotation,
    )
    .option('--no-referrers', 'leave out referrers: signatures, SBOMs')
    .addOption(foreignLayersOption())
    .action(
      action<Options>(io, async (workspace, inputs, { options, call }) => {
        const { to, tag, repository, base, referrers, onExistingTag, compress, format } = options;
        const named = { to, tag, repository, base, referrers, onExistingTag, compress, format };
        const { annotation: annotations } = options;
        // Commander has true where the option is not given; the settings decide then.
        const library = options.library === false ? false : undefined;
        const platforms = platformsOf(options);
        const asked = { ...call, ...named, library, annotations, platforms };
        const results = await push(
          workspace,
          await withListedImages(workspace, inputs, { options, call }),
          asked,
        );
        const said = call.dryRun
          ? formatTable(['SOURCE', 'DESTINATION', 'DIGEST', 'TO SEND'], results.map(planRow))
          : text`${results.map(line)}`;
        const total = {
          images: results.length,
          bytes: results.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
        };
        return { json: { results }, text: said, total };
      }),
    );
  return withAliases(
    withPlatforms(
      command,
      'platform to push of a multi-platform image; one is pushed as an image, several as an index of these alone',
    ),
  );
}

/** Options of other tools, accepted as aliases of ours. */
const ALIASES = {
  'to-registry': 'to',
  'to-registry-ca-cert-file': 'caFile',
  'to-registry-insecure-skip-tls-verify': 'insecureSkipTlsVerify',
  'to-registry-username': 'username',
  'to-registry-password': 'password',
  'image-tag': 'tag',
} as const;

function withAliases(command: Command): Command {
  for (const name of Object.keys(ALIASES)) {
    const isFlag = name.endsWith('-verify');
    command.addOption(new Option(`--${name}${isFlag ? '' : ' <value>'}`).hideHelp());
  }
  command.addOption(new Option('--image-archive <pattern...>').hideHelp());
  return command.hook('preAction', () => {
    for (const [name, meant] of Object.entries(ALIASES)) {
      const value: unknown = command.getOptionValue(camelCase(name));
      if (value !== undefined) command.setOptionValue(meant, value);
    }
    const archives: unknown = command.getOptionValue('imageArchive');
    if (Array.isArray(archives)) command.args.push(...(archives as string[]));
  });
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function line({ reference, digest, action: done, bytesSent, blobs }: PushResult): Text {
  const there = blobs.existing + blobs.mounted;
  const sent = `${formatBytes(bytesSent)} sent${there === 0 ? '' : `, ${there} blobs existed already`}`;
  return text`${reference}@${digest}  ${done === 'skipped' ? 'already there' : `pushed (${sent})`}\n`;
}

/** The digest is `-` when layers have to be compressed first. */
function planRow({ source, input, reference, digest, bytesSent }: PushResult): string[] {
  return [source ?? input, reference, shortDigest(digest), `≤ ${formatBytes(bytesSent)}`];
}
