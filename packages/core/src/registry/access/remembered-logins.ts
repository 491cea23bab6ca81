import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Recent } from '../recent.js';

/** A login of a client. */
export interface Login {
  readonly user: string;
  readonly password: string;
  /** The client's key for limits, see `clientOf`. */
  readonly client: string;
}

/** Maximum number of remembered logins; those not used for the longest time are dropped. */
const MAX_REMEMBERED_LOGINS = 10_000;

/** Right passwords (as HMACs) by client and user, with the htpasswd hash they matched. */
export class RememberedLogins {
  readonly #key = randomBytes(32);
  readonly #right = new Recent<string, { readonly hash: string; readonly password: Buffer }>(
    MAX_REMEMBERED_LOGINS,
  );

  /** Whether this password was right for this hash. */
  has(login: Login, hash: string | undefined): boolean {
    const known = this.#right.get(keyOf(login));
    return known?.hash === hash && known !== undefined
      ? timingSafeEqual(known.password, this.hmac(login.password))
      : false;
  }

  add(login: Login, hash: string): void {
    this.#right.set(keyOf(login), { hash, password: this.hmac(login.password) });
  }

  delete(login: Pick<Login, 'client' | 'user'>): void {
    this.#right.delete(keyOf(login));
  }

  hmac(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

function keyOf({ client, user }: Pick<Login, 'client' | 'user'>): string {
  return `${client} ${user}`;
}
