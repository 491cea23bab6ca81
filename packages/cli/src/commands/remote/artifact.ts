import { Command } from 'commander';
import { formatBytes } from '../../print/table.js';
import { text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../../verb.js';

interface Options extends CommonOptions {
  readonly output?: string;
  readonly type?: string;
  readonly force?: boolean;
}

export function artifactCommand(io: Io): Command {
  return new Command('artifact')
    .summary('fetch attached files')
    .description('Fetch artifacts of a registry: SBOMs, signatures and other files.')
    .addCommand(pullCommand(io));
}

function pullCommand(io: Io): Command {
  return withRegistry(
    verb('pull', 'Write the files of an artifact to a folder.', [
      'stowage artifact pull registry.example.com/team/app:1 --type application/spdx+json',
      'stowage artifact pull registry.example.com/team/app@sha256:… -o sboms/',
    ]).summary('write its files to a folder'),
  )
    .argument('<reference>', 'an artifact, or an image with --type, by tag or digest')
    .option('-o, --output <folder>', 'the folder to write to; this one when omitted')
    .option('--type <type>', 'the artifact of this type that is attached to the reference')
    .option('--force', 'overwrite existing files')
    .option('--dry-run', 'print which files would be written, and fetch none')
    .action(
      action<Options>(io, async (workspace, [reference = ''], { options, call }) => {
        const { pullArtifact } = await import('@stowage/core/registry');
        const { output, type: artifactType, force } = options;
        const asked = { ...call, output, artifactType, force };
        const pulled = await pullArtifact(workspace, reference, asked);
        const lines = pulled.files.map(({ path, size }) => text`${path}  ${formatBytes(size)}\n`);
        return { json: pulled, text: text`${lines}` };
      }),
    );
}
