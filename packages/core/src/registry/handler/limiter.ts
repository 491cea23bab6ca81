import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { Problem } from '../problem.js';

/** One client may use at max 1/CLIENT_SHARE of a limit, so it cannot block all others. */
const CLIENT_SHARE = 4;

/** Default maximum of concurrent uploads; each uses an open file and 1–2 MiB of memory. */
const MAX_UPLOADS = 500;
/** Total size of manifests that are received at once (bytes); a parsed one takes about ten times that in memory. */
const MAX_MANIFEST_MEMORY = 16 * DEFAULT_LIMITS.manifestBytes;

/** Limits an amount that concurrent requests use, in total and per client. */
export interface Limit {
  /** Reserves an amount, 1 when omitted, until the result is disposed of. @throws Problem TOOMANYREQUESTS */
  enter(client: string, amount?: number): Disposable | Promise<Disposable>;
}

/** The limits of a registry's requests. */
export interface RequestLimits {
  /** Concurrent uploads. */
  readonly uploads: Limit;
  /** Bytes of manifests that are being received. */
  readonly manifests: Limit;
}

/** Limits of the requests of one process. */
export function requestLimits(uploads = MAX_UPLOADS): RequestLimits {
  return {
    uploads: new Limiter('uploads', uploads),
    manifests: new Limiter('bytes of manifests', MAX_MANIFEST_MEMORY),
  };
}

/** A limit of this process. */
export class Limiter implements Limit {
  readonly #unit: string;
  readonly #max: number;
  readonly #maxPerClient: number;
  readonly #usedByClient = new Map<string, number>();
  #used = 0;

  /** @param unit the unit in messages, for example `uploads`. @param max the limit for all clients. */
  constructor(unit: string, max: number) {
    this.#unit = unit;
    this.#max = max;
    this.#maxPerClient = Math.ceil(max / CLIENT_SHARE);
  }

  /** Reserves an amount until the result is disposed of. @throws Problem TOOMANYREQUESTS */
  enter(client: string, amount = 1): Disposable {
    const own = this.#usedByClient.get(client) ?? 0;
    if (this.#used + amount > this.#max || own + amount > this.#maxPerClient)
      throw new Problem(
        'TOOMANYREQUESTS',
        `too many concurrent ${this.#unit}: the limit is ${this.#maxPerClient} from one client and ${this.#max} in total`,
        { headers: { 'retry-after': '1' } },
      );
    this.#add(client, amount);
    return { [Symbol.dispose]: () => this.#add(client, -amount) };
  }

  #add(client: string, amount: number): void {
    this.#used += amount;
    const own = (this.#usedByClient.get(client) ?? 0) + amount;
    if (own === 0) this.#usedByClient.delete(client);
    else this.#usedByClient.set(client, own);
  }
}
