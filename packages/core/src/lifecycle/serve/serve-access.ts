import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isLoopback } from '../../distribution/host.js';
import { ImageError } from '../../errors.js';
import type { AccessRule, Permission } from '../../registry/access/access-rule.js';
import type { AccessOptions } from '../../registry/access/access.js';
import { hostCheck } from '../../registry/access/allowed-hosts.js';
import { parseHtpasswd } from '../../registry/access/htpasswd.js';
import type { VerbOptions } from '../workspace/call.js';
import { option, textField, wording } from '../../wording.js';

/** Access control of a served registry. */
export interface AccessControl extends Pick<VerbOptions, 'onEvent'> {
  /** Relative paths start here. */
  readonly cwd: string;
  /** A file written by `htpasswd -B`. */
  readonly htpasswd?: string | undefined;
  /** Permission without login. When omitted: none with `htpasswd`; everything without it, on loopback only. */
  readonly anonymous?: Permission | undefined;
  /** Permissions of users; without rules every user may read and write everything. */
  readonly rules?: readonly AccessRule[] | undefined;
  /** Host names that clients may use besides `localhost`, IP addresses and the host of `listen`; checked unless all access needs a login. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Certificate (PEM); give it together with `tlsKey`. */
  readonly tlsCert?: string | undefined;
}

/**
 * Users and rules of a registry. Without any, everything is allowed, on loopback only. A rule for a user who is not in the
 * file is a notice. @throws ImageError USAGE
 */
export async function accessFor(
  host: string,
  { cwd, htpasswd, anonymous, rules = [], onEvent }: AccessControl,
): Promise<AccessOptions> {
  if (htpasswd === undefined && rules.length > 0)
    throw new ImageError(
      'USAGE',
      wording`${option('rules')} needs ${option('htpasswd')} with the users`,
    );
  if (htpasswd === undefined && anonymous === undefined && !isLoopback(host))
    throw new ImageError(
      'USAGE',
      wording`${option('listen', host === '' ? ':PORT' : host)}: ${host === '' ? 'every address of this machine' : 'not a loopback address'}: access control is required`,
      {
        hint: wording`Name users with ${option('htpasswd', 'FILE')}, or allow access without login with ${option('anonymous', 'read')} (or write).`,
      },
    );
  if (htpasswd === undefined) return { anonymous: anonymous ?? 'write' };
  const path = resolve(cwd, htpasswd);
  const read = () => readFile(path, 'utf8');
  const users = parseHtpasswd(
    await read().catch((cause: unknown) => {
      throw new ImageError(
        'USAGE',
        wording`${option('htpasswd', htpasswd)}: no file that can be read`,
        {
          location: htpasswd,
          cause,
        },
      );
    }),
  );
  for (const { user, permission, repositories } of rules) {
    if (user === '*' || users.has(user)) continue;
    const rule = [user, permission, repositories].join(':');
    const text = wording`${option('rules', rule)}: ${htpasswd} has no user ${user}`;
    onEvent?.({ type: 'notice', ...textField('text', text) });
  }
  return { htpasswd: read, anonymous, rules };
}

/**
 * The check of the `Host` header against DNS rebinding; undefined if all access needs a login, which a web page does not
 * have. @throws ImageError USAGE (a host name)
 */
export function hostCheckFor(
  host: string,
  { htpasswd, anonymous, allowedHosts = [] }: AccessControl,
): ((host: string | undefined) => void) | undefined {
  const check = hostCheck([...(host === '' ? [] : [host]), ...allowedHosts]);
  return htpasswd !== undefined && anonymous === undefined ? undefined : check;
}

/** Sends a notice if passwords travel unencrypted from other machines. */
export function warnOfPlainPasswords(
  host: string,
  { htpasswd, tlsCert, onEvent }: AccessControl,
): void {
  if (htpasswd === undefined || tlsCert !== undefined || isLoopback(host)) return;
  const text = wording`${option('listen', host === '' ? ':PORT' : host)}: passwords and content travel unencrypted; add ${option('tlsCert')} and ${option('tlsKey')}, unless a proxy in front speaks TLS`;
  onEvent?.({ type: 'notice', ...textField('text', text) });
}
