import type { Command } from 'commander';
import { parseAnnotation } from '../../annotation.js';
import { text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../../verb.js';

interface Options extends CommonOptions {
  readonly type: string;
  readonly mediaType?: string;
  readonly annotation?: Readonly<Record<string, string>>;
}

export function attachCommand(io: Io): Command {
  return withRegistry(
    verb('attach', 'Attach files to an image of a registry: an SBOM, a report, a signature.', [
      'stowage attach mirror.lan/team/app:1 sbom.json --type application/spdx+json',
      'stowage attach registry.example.com/team/app:1 report.xml --type application/xml --annotation by=ci',
    ]).summary('attach files to an image'),
  )
    .argument('<reference>', 'an image by tag or digest')
    .argument('<file...>', 'files, which become one artifact')
    .requiredOption('--type <type>', 'type of the artifact: a media type')
    .option('--media-type <type>', 'media type of the files; --type when omitted')
    .option(
      '--annotation <key=value>',
      'an annotation of the artifact; repeatable',
      parseAnnotation,
    )
    .option('--dry-run', 'print what would be attached, and send nothing')
    .action(
      action<Options>(io, async (workspace, [reference = '', ...files], { options, call }) => {
        const { attach } = await import('@stowage/core/registry');
        const { type: artifactType, mediaType, annotation: annotations } = options;
        const asked = { ...call, artifactType, mediaType, annotations };
        const attached = await attach(workspace, reference, files, asked);
        const done = call.dryRun ? 'would be attached' : 'attached';
        return { json: attached, text: text`${attached.reference}  ${done} to ${reference}\n` };
      }),
    );
}
