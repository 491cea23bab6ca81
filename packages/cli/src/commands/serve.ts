import { once } from 'node:events';
import { serve, type AccessRule, type Permission } from '@stowage/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { requestLog, type LogFormat } from '../print/request-log.js';
import { action, verb, withRegistry, type CommonOptions, type Io } from '../verb.js';

interface Options extends CommonOptions {
  readonly root?: string;
  readonly listen?: string;
  readonly readOnly?: boolean;
  readonly upstream?: string;
  readonly htpasswd?: string;
  readonly anonymous?: Permission;
  readonly allow?: readonly AccessRule[];
  readonly allowedHost?: readonly string[];
  readonly log: LogFormat;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxUsed?: string;
  readonly gcEvery?: string;
  readonly scrubEvery?: string;
  readonly scrubRate?: string;
}

export function serveCommand(io: Io): Command {
  return withRegistry(
    verb('serve', 'Run a registry until it is stopped: to push to, or over archives.', [
      'stowage serve',
      'stowage serve images/ app.tar.zst',
      'stowage serve --listen 127.0.0.1:5000 --root /srv/images',
      'stowage serve --listen 0.0.0.0:5000 --htpasswd users --anonymous read',
      "stowage serve --htpasswd users --allow 'ada:write:team/*' --allow '*:read:*'",
      'stowage serve --upstream registry.example.com/mirror',
    ]),
  )
    .argument('[inputs...]', 'archives, folders of them, layouts: to be read, as they are')
    .option('--root <folder>', 'where to keep content; .stowage/registry when omitted')
    .option('--listen <host:port>', 'where to listen; a free port of 127.0.0.1 when omitted')
    .option('--read-only', 'take nothing')
    .option(
      '--upstream <url>',
      'another registry, asked for what is missing; what it gives is kept',
    )
    .option('--htpasswd <file>', 'who may log in, as htpasswd -B writes it')
    .addOption(
      new Option('--anonymous <what>', 'what may be done without logging in').choices([
        'read',
        'write',
      ]),
    )
    .option(
      '--allow <user:what:repositories>',
      'what a user (* for all) may do: read or write, and where (* for anything); may be repeated',
      rule,
    )
    .option(
      '--allowed-host <name>',
      'a host name clients may call it by without a login, besides localhost and addresses (* for anything); may be repeated',
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option(
      '--tls-cert <file>',
      'speak TLS with this certificate (PEM); read again when it changes',
    )
    .option('--tls-key <file>', 'the key of that (PEM)')
    .option('--max-used <size>', 'keep no more content than this: 50GB')
    .option('--gc-every <duration>', 'collect garbage so often; 1h when omitted, 0 never')
    .option('--scrub-every <duration>', 'hash all content so often; 7d when omitted, 0 never')
    .option('--scrub-rate <size>', 'read no more than this in a second then; 20MB when omitted')
    .addOption(
      new Option('--log <format>', 'how to log requests on stderr; --quiet logs none')
        .choices(['text', 'json', 'none'])
        .default('text'),
    )
    .addHelpText(
      'after',
      '\nPrints its URL on stdout when it is ready, and logs each request on stderr. /healthz says whether it lives,\n/metrics shows figures to clients that may read everything. A listener on other than a loopback address needs\n--htpasswd or --anonymous.',
    )
    .action(
      action<Options>(io, async (workspace, inputs, { options, call }) => {
        const { allow: rules, allowedHost: allowedHosts, json, quiet, log, ...rest } = options;
        const onAnswered = requestLog(quiet ? 'none' : log, (line) => io.stderr.write(line));
        // A registry outlives the reader of its output.
        io.stdout.on('error', () => undefined);
        await using serving = await serve(workspace, inputs, {
          ...rest,
          ...call,
          rules,
          allowedHosts,
          onAnswered,
        });
        const { url } = serving;
        io.stdout.write(json ? `${JSON.stringify({ url })}\n` : `${url}\n`);
        if (!io.signal.aborted) await once(io.signal, 'abort');
        // It runs until it is stopped, so that is success.
        return { json: undefined };
      }),
    );
}

function rule(text: string, before: readonly AccessRule[] = []): readonly AccessRule[] {
  const [, user, what, repositories] = /^([^:]+):(read|write):(.+)$/.exec(text) ?? [];
  if (user === undefined || repositories === undefined)
    throw new InvalidArgumentError("Expected USER:read|write:REPOSITORIES, as 'ada:write:team/*'.");
  return [...before, { user, permission: what === 'write' ? 'write' : 'read', repositories }];
}
