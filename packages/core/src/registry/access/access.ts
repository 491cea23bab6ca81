import type { IncomingMessage } from 'node:http';
import { matchesAny } from '../../policy/wildcards.js';
import { addressOf, clientOf } from './client-address.js';
import { parseHtpasswd } from './htpasswd.js';
import { PasswordThreads } from './password-threads.js';
import { Passwords } from './passwords.js';
import { Problem } from '../problem.js';

export type Permission = 'read' | 'write';

/** Allows a user something in some repositories. */
export interface AccessRule {
  /** `*` for every user who logs in. */
  readonly user: string;
  /** `write` includes reading. */
  readonly permission: Permission;
  /** `*` stands for anything; alone, it is every repository. */
  readonly repositories: string;
}

export interface AccessOptions {
  /** Reads a file of `htpasswd -B`: lines `user:$2y$…`. Read at every login, so that it may change. */
  readonly htpasswd?: (() => Promise<string>) | undefined;
  /** What is allowed without logging in; nothing when omitted. */
  readonly anonymous?: Permission | undefined;
  /** Without rules, every user who logs in may write everything. */
  readonly rules?: readonly AccessRule[] | undefined;
}

/** What one request may do. */
export interface Rights {
  /** Undefined without a login. */
  readonly user?: string;
  readonly may: (permission: Permission, repository: string) => boolean;
  /** Whether every repository may be read, those of later included. */
  readonly readsAll: boolean;
}

/** The rights of every request where no access control is configured. */
export const UNRESTRICTED: Rights = { may: () => true, readsAll: true };

/** Access control: users with passwords, and rules. */
export class Access implements AsyncDisposable {
  readonly #options: AccessOptions;
  readonly #threads = new PasswordThreads();
  readonly #passwords = new Passwords({ fits: (job) => this.#threads.fits(job) });

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** @throws Problem UNAUTHORIZED (a wrong password), TOOMANYREQUESTS */
  async of({
    headers,
    socket,
  }: Pick<IncomingMessage, 'headers'> & Parameters<typeof addressOf>[0]): Promise<Rights> {
    const { htpasswd, anonymous, rules = [] } = this.#options;
    const login = htpasswd && basicIn(headers.authorization);
    if (!login)
      return {
        may: (permission) => allows(anonymous, permission),
        readsAll: allows(anonymous, 'read'),
      };
    const { user } = login;
    const client = clientOf(addressOf({ socket }));
    const hashes = parseHtpasswd(await htpasswd());
    if (!(await this.#passwords.isRight({ ...login, client }, hashes))) throw challenge();
    const own = rules.filter((rule) => rule.user === '*' || rule.user === user);
    const isOpen = (permission: Permission) => allows(anonymous, permission) || rules.length === 0;
    return {
      user,
      may: (permission, repository) =>
        isOpen(permission) ||
        own.some(
          (rule) =>
            allows(rule.permission, permission) && matchesAny(repository, [rule.repositories]),
        ),
      readsAll: isOpen('read') || own.some(({ repositories }) => /^\*+$/.test(repositories)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads[Symbol.asyncDispose]();
  }
}

/** Asks the client to log in. */
export function challenge(): Problem {
  return new Problem('UNAUTHORIZED', 'invalid user name or password', {
    headers: { 'www-authenticate': 'Basic realm="stowage", charset="UTF-8"' },
  });
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
