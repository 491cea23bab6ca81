import { push, type PushOptions, type PushResult } from '@stowage/core';
import { Option, type Command } from 'commander';
import { formatBytes } from '../print/table.js';
import { action, verb, withEngine, withRegistry, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly to: string;
  readonly tag?: string;
  readonly repository?: string;
  readonly onExistingTag?: PushOptions['onExistingTag'];
  readonly compress?: PushOptions['compress'];
}

export function pushCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb('push', 'Push images to a registry, under their own names there.', [
        'stowage push ./from-elsewhere.tar --to registry.example.com/mirror',
        "stowage push 'images/*/*.tar' --to localhost:5000 --dry-run",
        'stowage push ./app.tar --to registry.example.com --tag team/app:1',
      ]),
    ),
  )
    .argument(
      '<input...>',
      'archives by path or pattern, layout folders, - for stdin, names of the catalog, …',
    )
    .requiredOption('--to <registry>', '[http(s)://]HOST[:PORT][/PREFIX]')
    .option('--tag <name>', 'REPOSITORY:TAG there, of one input with one image')
    .option('--repository <repository>', 'what names that are only tags are tags of')
    .addOption(
      new Option('--on-existing-tag <what>', 'about a tag that is another image there')
        .choices(['overwrite', 'skip', 'error'])
        .default('overwrite'),
    )
    .addOption(
      new Option('--compress <how>', 'of layers; auto packs those of a docker-archive')
        .choices(['auto', 'none', 'gzip', 'zstd'])
        .default('auto'),
    )
    .option('--dry-run', 'say what would go where, and connect to nothing')
    .action(
      action<Options>(io, async (workspace, inputs, { options, call }) => {
        const { to, tag, repository, onExistingTag, compress } = options;
        const asked = { ...call, to, tag, repository, onExistingTag, compress };
        const results = await push(workspace, inputs, asked);
        const describe = call.dryRun ? planned : line;
        return { json: { results }, text: results.map(describe).join('') };
      }),
    );
}

function line({ reference, digest, action: done, bytesSent, blobs }: PushResult): string {
  const there = blobs.existing + blobs.mounted;
  const sent = `${formatBytes(bytesSent)} sent${there === 0 ? '' : `, ${there} blobs were there`}`;
  return `${reference}@${digest}  ${done === 'skipped' ? 'already there' : `pushed (${sent})`}\n`;
}

function planned({ source, input, reference, digest }: PushResult): string {
  return `${source ?? input}  would go to ${reference} (${digest})\n`;
}
