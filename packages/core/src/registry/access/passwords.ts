import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../problem.js';
import type { PasswordJob } from './password-worker.js';
import { RecentCounts } from './recent-counts.js';

export interface Login {
  readonly user: string;
  readonly password: string;
  /** The client it comes from, as limits count clients. */
  readonly client: string;
}

export interface PasswordsOptions {
  /** Compares with a bcrypt hash, in another thread. */
  readonly fits: (job: PasswordJob) => Promise<boolean>;
  /** How long the answer to a wrong password is held back (ms). */
  readonly delay?: number;
  readonly now?: () => number;
}

const MINUTE = 60_000;
/** Wrong passwords of one client in a minute. */
const WRONG = 10;
/**
 * Wrong passwords for one user from one client in a minute, after which even a right one that is remembered is refused:
 * else a neighbour behind the same address could guess as fast as requests are answered.
 */
const GUESSES = 1000;
/** Checks that wait for a thread, of all clients. */
const WAITING = 64;
/** Logins that are remembered. */
const REMEMBERED = 10_000;
const DELAY = 200;

/**
 * Checks passwords, a bounded number at once, and remembers the right ones by client: a client pays for bcrypt once, and
 * the wrong passwords of others do not hold it up.
 */
export class Passwords {
  readonly #fits: (job: PasswordJob) => Promise<boolean>;
  readonly #delay: number;
  readonly #wrong: RecentCounts;
  readonly #guesses: RecentCounts;
  readonly #key = randomBytes(32);
  /** By client and user: the hash in the file, and the password (as a keyed hash) that fitted. */
  readonly #right = new Map<string, { readonly hash: string; readonly password: Buffer }>();
  /** Equal logins of one client share one check. */
  readonly #checking = new Map<string, Promise<boolean>>();

  constructor({ fits, delay = DELAY, now }: PasswordsOptions) {
    this.#fits = fits;
    this.#delay = delay;
    const options = { window: MINUTE, ...(now ? { now } : {}) };
    this.#wrong = new RecentCounts(options);
    this.#guesses = new RecentCounts(options);
  }

  /**
   * Whether a login is one of a file of users.
   *
   * @throws Problem TOOMANYREQUESTS (wrong ones from this client, or checks that wait)
   */
  async isRight(login: Login, hashes: ReadonlyMap<string, string>): Promise<boolean> {
    const { user, password, client } = login;
    const hash = hashes.get(user);
    const place = `${client} ${user}`;
    if (this.#guesses.of(place) >= GUESSES) throw tooMany(this.#guesses.secondsLeft(place));
    const keyed = this.#keyed(password);
    const known = this.#right.get(place);
    if (known && known.hash === hash && timingSafeEqual(known.password, keyed)) return true;
    this.#guesses.add(place);
    const compared = hash ?? this.#standIn(user, hashes);
    const key = `${place} ${keyed.toString('hex')} ${compared}`;
    const checking =
      this.#checking.get(key) ?? this.#check(key, login, { compared, isKnown: hash !== undefined });
    const isRight = await checking;
    if (isRight && hash !== undefined) {
      this.#guesses.takeBack(place);
      this.#remember(place, { hash, password: keyed });
    } else await sleep(this.#delay);
    return isRight;
  }

  #check(
    key: string,
    { password, client }: Login,
    { compared, isKnown }: { readonly compared: string; readonly isKnown: boolean },
  ): Promise<boolean> {
    if (this.#wrong.of(client) >= WRONG) throw tooMany(this.#wrong.secondsLeft(client));
    if (this.#checking.size >= WAITING) throw tooMany(1);
    // Counted before it is known to be wrong, or many sent at once would all be checked.
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

  /** The hash of some user for a name that is unknown, always the same: the check takes as long as that user's. */
  #standIn(user: string, hashes: ReadonlyMap<string, string>): string {
    const all = [...hashes.values()];
    const at = this.#keyed(user).readUInt32BE() % Math.max(1, all.length);
    return all[at] ?? NO_USERS;
  }

  #remember(place: string, right: { readonly hash: string; readonly password: Buffer }): void {
    this.#right.delete(place);
    this.#right.set(place, right);
    const [oldest] = this.#right.keys();
    if (this.#right.size > REMEMBERED && oldest !== undefined) this.#right.delete(oldest);
  }

  #keyed(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

/** A hash that no password fits, for a file without users. */
const NO_USERS = '$2a$05$w332.HnuX2xfGvi8qgWHPuKCbl31rw7oOucwr193z9dSq5/fdMVvq';

function tooMany(seconds: number): Problem {
  return new Problem('TOOMANYREQUESTS', 'too many failed logins; try again later', {
    headers: { 'retry-after': String(seconds) },
  });
}
