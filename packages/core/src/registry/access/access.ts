import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { matchesAny } from '../../policy/wildcards.js';
import { addressOf, clientOf } from './client-address.js';
import { parseHtpasswd } from './htpasswd.js';
import { PasswordThreads } from './password-threads.js';
import {
  Passwords,
  type PasswordCheck,
  type PasswordListener,
  type PasswordsOptions,
} from './passwords.js';
import type { Login } from './remembered-logins.js';
import type { AccessRule, Permission } from './access-rule.js';
import { Problem } from '../problem.js';

/** Users, passwords and rules of a registry. */
export interface AccessOptions {
  /** Reads an htpasswd file with bcrypt hashes (`htpasswd -B`). Called at every login, so the file may change. */
  readonly htpasswd?: (() => Promise<string>) | undefined;
  /** Permission of requests without a login; none when omitted. */
  readonly anonymous?: Permission | undefined;
  /** Permissions of users; without rules every user may write everything. */
  readonly rules?: readonly AccessRule[] | undefined;
}

/** The parts of a request that authenticate it; `IncomingMessage` has them. */
export interface LoginRequest {
  readonly headers: Pick<IncomingHttpHeaders, 'authorization'>;
  /** Failed logins are limited per address. */
  readonly socket: Pick<Socket, 'remoteAddress'>;
}

/** The rights of one request. */
export interface Rights {
  /** The user's name; absent for an anonymous request. */
  readonly user?: string;
  /** Whether the request has a permission for a repository. */
  readonly allows: (permission: Permission, repository: string) => boolean;
  /** Whether the request may read every repository, future ones included. */
  readonly readsAll: boolean;
}

/** The rights of every request where no access control is configured. */
export const UNRESTRICTED: Rights = { allows: () => true, readsAll: true };

/**
 * Authenticates requests (HTTP basic authentication, bcrypt hashes) and decides what they may do. Failed logins are limited.
 * Dispose of it after the last request, to end its threads.
 */
export class Access implements AsyncDisposable {
  #options: AccessOptions;
  readonly #threads = new PasswordThreads();
  readonly #passwords: PasswordCheck;

  /** @param passwords checks logins in place of own threads, or is told what the own check tells. */
  constructor(options: AccessOptions, passwords: PasswordCheck | PasswordListener = {}) {
    this.#options = options;
    const fits: PasswordsOptions['fits'] = (job) => this.#threads.fits(job);
    this.#passwords = 'isRight' in passwords ? passwords : new Passwords({ ...passwords, fits });
  }

  /** Replaces users and rules for the requests that follow. Counted and remembered logins stay. */
  update(options: AccessOptions): void {
    this.#options = options;
  }

  /**
   * Authenticates a request.
   *
   * @throws an error response UNAUTHORIZED (wrong user name or password), TOOMANYREQUESTS
   */
  async of({ headers, socket }: LoginRequest): Promise<Rights> {
    const { htpasswd, anonymous, rules = [] } = this.#options;
    const login = htpasswd && parseBasicLogin(headers.authorization);
    if (!login)
      return {
        allows: (permission) => allows(anonymous, permission),
        readsAll: allows(anonymous, 'read'),
      };
    const { user } = login;
    const client = clientOf(addressOf({ socket }));
    if (!(await this.isRight({ ...login, client }))) throw challenge();
    const own = rules.filter((rule) => rule.user === '*' || rule.user === user);
    const isOpen = (permission: Permission) => allows(anonymous, permission) || rules.length === 0;
    return {
      user,
      allows: (permission, repository) =>
        isOpen(permission) ||
        own.some(
          (rule) =>
            allows(rule.permission, permission) && matchesAny(repository, [rule.repositories]),
        ),
      readsAll: isOpen('read') || own.some(({ repositories }) => /^\*+$/.test(repositories)),
    };
  }

  /** Whether a login is right. @throws an error response TOOMANYREQUESTS */
  async isRight(login: Login): Promise<boolean> {
    const { htpasswd } = this.#options;
    if (!htpasswd) return false;
    return this.#passwords.isRight(login, parseHtpasswd(await htpasswd()));
  }

  /** Ends the threads that check passwords. */
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

function parseBasicLogin(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
