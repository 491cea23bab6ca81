import { parsePlatform } from '@stowage/core';
import type { Command } from 'commander';
import { text } from '../../print/text.js';
import { withRegistry } from '../../registry-options.js';
import { action, verb, withEngine, type CommonOptions, type Io } from '../../verb.js';

interface Options extends CommonOptions {
  readonly platform?: string;
}

export function digestCommand(io: Io): Command {
  return withRegistry(
    withEngine(
      verb('digest', 'Print the digest of an image; a registry is asked with one HEAD.', [
        'stowage digest registry.example.com/team/app:1',
        'stowage digest registry.example.com/team/app:1 --platform linux/arm64',
        'stowage digest ./app.tar',
      ]).summary("print an image's digest"),
    ),
  )
    .argument('<location>', 'a reference, an archive, a layout folder, a name of the catalog, …')
    .option('--platform <platform>', 'the digest of this platform of a multi-platform image')
    .action(
      action<Options>(io, async (workspace, [location = ''], { options, call }) => {
        const { findDigest } = await import('@stowage/core/registry');
        const platform =
          options.platform === undefined ? undefined : parsePlatform(options.platform);
        const found = await findDigest(workspace, location, { ...call, platform });
        return { json: found, text: text`${found.digest}\n` };
      }),
    );
}
