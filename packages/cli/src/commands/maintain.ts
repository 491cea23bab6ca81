import { ImageError } from '@stowage/core';
import type { Command } from 'commander';
import { EXIT_CODES, EXIT_PROBLEMS } from '../exit-codes.js';
import { formatBytes } from '../print/table.js';
import { text } from '../print/text.js';
import { readPassword } from '../registry-options.js';
import { action, verb, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly root?: string;
  readonly grace?: string;
  readonly uploadsOlder?: string;
  readonly rate?: string;
}

const ROOT = 'the folder of the registry; .stowage/registry when omitted';

export function gcCommand(io: Io): Command {
  return verb(
    'gc',
    'Delete the blobs that no manifest of a registry references; the registry may be running.',
    [
      'stowage gc --dry-run',
      'stowage gc --root /srv/images --grace 2h',
      'stowage gc --uploads-older 10m',
    ],
  )
    .summary('delete unreferenced blobs')
    .option('--root <folder>', ROOT)
    .option('--grace <duration>', 'keep content that was used within this time; 1h when omitted')
    .option(
      '--uploads-older <duration>',
      'delete uploads that received nothing for this long; 1d when omitted',
    )
    .option('--dry-run', 'print what would be deleted, and delete nothing')
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { collectRegistry } = await import('@stowage/core/registry');
        const { root, grace, uploadsOlder } = options;
        const result = await collectRegistry(workspace, { ...call, root, grace, uploadsOlder });
        const { blobs, uploads, freedBytes } = result;
        const verbs = call.dryRun ? 'would be deleted' : 'deleted';
        return {
          json: result,
          text: text`${blobs.length} blobs and ${uploads} uploads ${verbs}, ${formatBytes(freedBytes)}\n`,
        };
      }),
    );
}

export function scrubCommand(io: Io): Command {
  return verb(
    'scrub',
    'Verify all blobs of a registry, and quarantine damaged ones; the registry may be running.\n\nDamaged blobs are moved to quarantine/; pushing them again restores them. Exit 4 when there are any.',
    ['stowage scrub --root /srv/images --rate 50MB'],
  )
    .summary('verify all blobs')
    .option('--root <folder>', ROOT)
    .option('--rate <size>', 'read at most this much per second')
    .action(
      action<Options>(io, async (workspace, _args, { options, call }) => {
        const { scrubRegistry } = await import('@stowage/core/registry');
        const { root, rate } = options;
        const result = await scrubRegistry(workspace, { ...call, root, rate });
        const { blobs, bytes, damaged } = result;
        const lines = damaged.map(
          ({ digest, images }) =>
            text`${digest}  damaged; needed by ${images.join(', ') || 'no image'}\n`,
        );
        return {
          json: result,
          text: text`${lines}${blobs} blobs, ${formatBytes(bytes)}, ${damaged.length} damaged\n`,
          ...(damaged.length > 0 ? { exitCode: EXIT_CODES.CORRUPT } : {}),
        };
      }),
    );
}

export function importCommand(io: Io): Command {
  return verb(
    'import',
    'Import the images of another registry: the folder of docker-registry or zot, or an OCI layout.\n\nStop the other registry first. Digests and tags stay. Every blob is verified; on one file system it is then shared (a hard link), not copied. Run again, it goes on. Exit 4 when images were skipped.',
    ['stowage import /var/lib/docker-registry --root /srv/images'],
  )
    .summary('take over another registry')
    .argument('<folder>', 'the folder of the other registry, which is not changed')
    .option('--root <folder>', ROOT)
    .action(
      action<Options>(io, async (workspace, [folder = ''], { options, call }) => {
        const { importRegistry } = await import('@stowage/core/registry');
        const result = await importRegistry(workspace, folder, { ...call, root: options.root });
        const { repositories, tags, manifests, linked, copied, bytes, skipped } = result;
        const lines = skipped.map(({ image, reason }) => text`${image}  skipped: ${reason}\n`);
        return {
          json: result,
          text: text`${lines}${repositories} repositories, ${tags} tags, ${manifests} manifests; ${linked} blobs linked, ${copied} copied, ${formatBytes(bytes)}\n`,
          ...(skipped.length > 0 ? { exitCode: EXIT_PROBLEMS } : {}),
        };
      }),
    );
}

export function htpasswdCommand(io: Io): Command {
  return verb(
    'htpasswd',
    'Set the password of a user of a registry: a bcrypt hash in the file of serve --htpasswd.\n\nThe password is read from standard input. A registry that runs uses it at the next login.',
    ['printf \'%s\' "$PASSWORD" | stowage htpasswd users ada'],
  )
    .summary("set a user's password")
    .argument('<file>', 'file with the users; created when it does not exist')
    .argument('<user>', 'name of the user')
    .action(
      action<CommonOptions>(io, async (_workspace, [file = '', user = '']) => {
        const { setPassword } = await import('@stowage/core/registry');
        if (io.stdin.isTTY)
          throw new ImageError(
            'USAGE',
            'the password is read from standard input, which is a terminal',
            {
              hint: 'A terminal would show it. Give it through a pipe or a file.',
            },
          );
        const password = await readPassword(io);
        const result = await setPassword(file, { cwd: io.cwd, user, password });
        const what = result.isNew ? 'added' : 'changed the password of';
        return { json: result, text: text`${result.file}: ${what} ${user}\n` };
      }),
    );
}
