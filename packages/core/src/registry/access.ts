import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ImageError } from '../errors.js';
import { matchesAny } from '../policy/wildcards.js';
import { Problem } from './problem.js';

/** What a user may do with a repository; `write` includes `read`. */
export type Permission = 'read' | 'write';

/** One permission of one user, or of all users, for some repositories. */
export interface AccessRule {
  /** A user name; `*` for every user who logs in. */
  readonly user: string;
  /** `write` includes `read`. */
  readonly permission: Permission;
  /** A repository; `*` stands for any characters. */
  readonly repositories: string;
}

/** Users, passwords and rules of a registry. */
export interface AccessOptions {
  /**
   * Reads the output of `htpasswd -B`: lines of `user:$2y$…`. Called for every request, so that the file may change.
   */
  readonly htpasswd?: (() => Promise<string>) | undefined;
  /** Permission without logging in; none when omitted. */
  readonly anonymous?: Permission | undefined;
  /** Permissions of users; without rules every user may write everything. */
  readonly rules?: readonly AccessRule[] | undefined;
}

/** Whether a request has a permission for a repository. */
export type May = (permission: Permission, repository: string) => boolean;

/** The result of authenticating one request. */
export interface AccessGrant {
  /** The user's name; absent for an anonymous request. */
  readonly user?: string;
  readonly may: May;
}

/** Authenticates requests (HTTP basic authentication, bcrypt hashes) and decides what they may do. */
export class Access {
  readonly #options: AccessOptions;
  readonly #key = randomBytes(32);
  /** By user: what was hashed, and the password (as a keyed hash) that fitted. */
  readonly #right = new Map<string, { readonly hash: string; readonly password: Buffer }>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /**
   * Authenticates a request.
   *
   * @throws an error response UNAUTHORIZED (wrong user name or password)
   */
  async of({ headers }: IncomingMessage): Promise<AccessGrant> {
    const { htpasswd, anonymous, rules = [] } = this.#options;
    if (!htpasswd) return { may: (permission) => allows(anonymous, permission) };
    const given = basicIn(headers.authorization);
    if (!given) return { may: (permission) => allows(anonymous, permission) };
    const { user, password } = given;
    if (!(await this.#fits(user, password, parseHtpasswd(await htpasswd())))) throw challenge();
    const own = rules.filter((rule) => rule.user === '*' || rule.user === user);
    return {
      user,
      may: (permission, repository) =>
        allows(anonymous, permission) ||
        rules.length === 0 ||
        own.some(
          (rule) =>
            allows(rule.permission, permission) && matchesAny(repository, [rule.repositories]),
        ),
    };
  }

  async #fits(
    user: string,
    password: string,
    hashes: ReadonlyMap<string, string>,
  ): Promise<boolean> {
    const hash = hashes.get(user);
    const keyed = createHmac('sha256', this.#key).update(password).digest();
    const known = this.#right.get(user);
    if (known && known.hash === hash && timingSafeEqual(known.password, keyed)) return true;
    const { compare } = await import('bcryptjs');
    // A name that is not there takes as long as one that is.
    const isRight = await compare(password, hash ?? NOBODY);
    if (!isRight || hash === undefined) return false;
    this.#right.set(user, { hash, password: keyed });
    return true;
  }
}

/** Of a password that nobody has. */
const NOBODY = '$2a$10$w332.HnuX2xfGvi8qgWHPuKCbl31rw7oOucwr193z9dSq5/fdMVvq';

/** Asks who it is. */
export function challenge(): Problem {
  return new Problem('UNAUTHORIZED', 'expected a user name and a password that fit', {
    headers: { 'www-authenticate': 'Basic realm="stowage", charset="UTF-8"' },
  });
}

/** @throws ImageError USAGE (a line) */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, user, hash] = /^([^:]+):(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})$/.exec(line.trim()) ?? [];
    if (user === undefined || hash === undefined)
      throw new ImageError(
        'USAGE',
        `htpasswd, line ${at + 1}: expected USER:HASH with a hash of bcrypt, got something else`,
        { hint: 'htpasswd -B FILE USER writes such a line.' },
      );
    hashes.set(user, hash);
  }
  return hashes;
}

function allows(given: Permission | undefined, wanted: Permission): boolean {
  return given === 'write' || given === wanted;
}

function basicIn(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
