import type { PasswordCheck } from '../../../registry/access/passwords.js';
import { RememberedLogins, type Login } from '../../../registry/access/remembered-logins.js';

/**
 * Logins of a worker: the primary compares passwords and counts wrong ones, so that its limits are for all workers. Right
 * ones are remembered here.
 */
export class RemotePasswords implements PasswordCheck {
  readonly #ask: (login: Login) => Promise<boolean>;
  readonly #right = new RememberedLogins();

  constructor(ask: (login: Login) => Promise<boolean>) {
    this.#ask = ask;
  }

  async isRight(login: Login, hashes: ReadonlyMap<string, string>): Promise<boolean> {
    const hash = hashes.get(login.user);
    if (this.#right.has(login, hash)) return true;
    const isRight = await this.#ask(login);
    if (isRight && hash !== undefined) this.#right.add(login, hash);
    return isRight;
  }

  /** Asks the primary the next time, which refuses this client. */
  forget(login: Pick<Login, 'client' | 'user'>): void {
    this.#right.delete(login);
  }
}
