import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../problem.js';
import type { PasswordJob } from './password-worker.js';
import { RecentCounts } from './recent-counts.js';
import { RememberedLogins, type Login } from './remembered-logins.js';

/** Checks logins against the hashes of an htpasswd file. */
export interface PasswordCheck {
  /** @throws Problem TOOMANYREQUESTS (too many wrong passwords from this client, or too many pending checks) */
  isRight(login: Login, hashes: ReadonlyMap<string, string>): Promise<boolean>;
}

/** Receives what a check of passwords tells. */
export interface PasswordListener {
  /** Called when even a right password of this user is refused to this client from now on, for at most a minute. */
  readonly onBlocked?: ((login: Pick<Login, 'client' | 'user'>) => void) | undefined;
}

export interface PasswordsOptions extends PasswordListener {
  /** Compares a password with a bcrypt hash, in another thread. */
  readonly fits: (job: PasswordJob) => Promise<boolean>;
  /** Delay of the response to a wrong password (ms); 200 when omitted. */
  readonly delay?: number;
  /** A monotonic clock (ms). */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;
/** Wrong passwords per client and minute. */
const MAX_WRONG_PASSWORDS = 10;
/**
 * Wrong passwords per client, user and minute after which even a remembered right password is refused. Otherwise another
 * host behind the same address could guess as fast as requests are answered.
 */
const MAX_GUESSES = 1000;
/** Checks that run or wait for a thread, of all clients. */
const MAX_PENDING_CHECKS = 64;
/** Default of {@link PasswordsOptions.delay}. */
const WRONG_PASSWORD_DELAY_MS = 200;

/**
 * Checks passwords, a bounded number at once, and remembers right ones by client: a client waits for bcrypt once, and
 * wrong passwords of others do not delay it.
 */
export class Passwords implements PasswordCheck {
  readonly #fits: (job: PasswordJob) => Promise<boolean>;
  readonly #delay: number;
  readonly #wrong: RecentCounts;
  readonly #guesses: RecentCounts;
  readonly #onBlocked: PasswordsOptions['onBlocked'];
  readonly #right = new RememberedLogins();
  /** Running checks: equal logins of one client share one. */
  readonly #checking = new Map<string, Promise<boolean>>();

  constructor({ fits, delay = WRONG_PASSWORD_DELAY_MS, now, onBlocked }: PasswordsOptions) {
    this.#fits = fits;
    this.#onBlocked = onBlocked;
    this.#delay = delay;
    const options = { window: MINUTE_MS, ...(now ? { now } : {}) };
    this.#wrong = new RecentCounts(options);
    this.#guesses = new RecentCounts(options);
  }

  async isRight(login: Login, hashes: ReadonlyMap<string, string>): Promise<boolean> {
    const { user, password, client } = login;
    const hash = hashes.get(user);
    const clientAndUser = `${client} ${user}`;
    if (this.#guesses.of(clientAndUser) >= MAX_GUESSES)
      throw tooManyLogins(this.#guesses.secondsLeft(clientAndUser));
    if (this.#right.has(login, hash)) return true;
    this.#guesses.add(clientAndUser);
    if (this.#guesses.of(clientAndUser) >= MAX_GUESSES) this.#onBlocked?.({ client, user });
    const compared = hash ?? this.#decoyHash(user, hashes);
    const key = `${clientAndUser} ${this.#right.hmac(password).toString('hex')} ${compared}`;
    const checking =
      this.#checking.get(key) ?? this.#check(key, login, { compared, isKnown: hash !== undefined });
    const isRight = await checking;
    if (isRight && hash !== undefined) {
      this.#guesses.takeBack(clientAndUser);
      this.#right.add(login, hash);
    } else await sleep(this.#delay);
    return isRight;
  }

  #check(
    key: string,
    { password, client }: Login,
    { compared, isKnown }: { readonly compared: string; readonly isKnown: boolean },
  ): Promise<boolean> {
    if (this.#wrong.of(client) >= MAX_WRONG_PASSWORDS)
      throw tooManyLogins(this.#wrong.secondsLeft(client));
    if (this.#checking.size >= MAX_PENDING_CHECKS) throw tooManyLogins(1);
    // Count it before the result is known: otherwise all of many concurrent guesses would be checked.
    this.#wrong.add(client);
    const work = async () => {
      try {
        const isRight = (await this.#fits({ password, hash: compared })) && isKnown;
        if (isRight) this.#wrong.takeBack(client);
        return isRight;
      } finally {
        this.#checking.delete(key);
      }
    };
    const checking = work();
    this.#checking.set(key, checking);
    return checking;
  }

  /** A hash to check for an unknown user name: always that of the same user, so timing does not reveal which names exist. */
  #decoyHash(user: string, hashes: ReadonlyMap<string, string>): string {
    const all = [...hashes.values()];
    const at = this.#right.hmac(user).readUInt32BE() % Math.max(1, all.length);
    return all[at] ?? UNMATCHABLE_HASH;
  }
}

/** A hash that no password matches, for an htpasswd file without users. */
const UNMATCHABLE_HASH = '$2a$05$w332.HnuX2xfGvi8qgWHPuKCbl31rw7oOucwr193z9dSq5/fdMVvq';

function tooManyLogins(seconds: number): Problem {
  return new Problem('TOOMANYREQUESTS', 'too many failed logins; try again later', {
    headers: { 'retry-after': String(seconds) },
  });
}
