import { once } from 'node:events';
import { serve, type Answered } from '@stowage/core';
import type { Command } from 'commander';
import { action, verb, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly root?: string;
  readonly listen?: string;
  readonly readOnly?: boolean;
}

export function serveCommand(io: Io): Command {
  return verb('serve', 'Run a registry on this machine until it is stopped.', [
    'stowage serve',
    'stowage serve --listen 127.0.0.1:5000 --root /srv/images',
    'stowage serve images/ app.tar.zst',
  ])
    .argument('[inputs...]', 'archives, folders of them, layouts: to be read, as they are')
    .option('--root <folder>', 'where to keep content; .stowage/registry when omitted')
    .option('--listen <host:port>', 'where to listen; a free port of 127.0.0.1 when omitted')
    .option('--read-only', 'take nothing')
    .addHelpText(
      'after',
      '\nPrints its URL on stdout when it is ready, and what it answers on stderr.',
    )
    .action(
      action<Options>(io, async (workspace, inputs, { options, call }) => {
        const { root, listen, readOnly } = options;
        const onAnswered = options.quiet ? undefined : log(io);
        await using serving = await serve(workspace, inputs, {
          ...call,
          root,
          listen,
          readOnly,
          ...(onAnswered ? { onAnswered } : {}),
        });
        const { url } = serving;
        io.stdout.write(options.json ? `${JSON.stringify({ url })}\n` : `${url}\n`);
        if (!io.signal.aborted) await once(io.signal, 'abort');
        // To be stopped is what it waits for.
        return { json: undefined, text: '' };
      }),
    );
}

function log(io: Io): (answered: Answered) => void {
  return ({ id, method, path, status, milliseconds, error }) => {
    const why =
      error === undefined ? '' : ` ${error instanceof Error ? error.message : String(error)}`;
    io.stderr.write(`${id} ${method} ${path} ${status} ${milliseconds.toFixed(1)} ms${why}\n`);
  };
}
