import { ImageError } from '../../errors.js';
import { option, wording } from '../../wording.js';

/** A permission on a repository; `write` includes `read`. */
export type Permission = 'read' | 'write';

/** One permission of one user, or of all users, for some repositories. */
export interface AccessRule {
  /** A user name; `*` for every user who logs in. */
  readonly user: string;
  /** `write` includes `read`. */
  readonly permission: Permission;
  /** A repository; `*` stands for any characters. `*` alone is every repository, future ones included. */
  readonly repositories: string;
}

/** Parses `USER:read|write:REPOSITORIES`. @throws ImageError USAGE */
export function parseAccessRule(text: string): AccessRule {
  const [, user, what, repositories] = /^([^:]+):(read|write):(.+)$/.exec(text) ?? [];
  if (user !== undefined && repositories !== undefined)
    return { user, permission: what === 'write' ? 'write' : 'read', repositories };
  throw new ImageError(
    'USAGE',
    wording`${option('rules')}: expected USER:read|write:REPOSITORIES, got ${JSON.stringify(text)}`,
    { hint: "For example 'ada:write:team/*'." },
  );
}
