import type { Refusal } from '../../distribution/transport/refusal.js';
import { parseRetryAfter } from '../../distribution/transport/retry.js';
import type { RegistryClient } from '../../distribution/transport/client.js';
import { Repository } from '../../distribution/repository.js';
import { ImageError, type ErrorCode } from '../../errors.js';
import { componentOf } from '../namespace.js';

/** After a failed request the upstream is not asked about locally stored content for this long (ms), or as it says. */
const BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 60_000;
/** Local content is served without the upstream when that has not answered by then (ms). */
const PATIENCE_MS = 1_500;
/** Errors in upstream responses that clients see as UNAVAILABLE. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'INVALID',
  'UNSUPPORTED',
  'TOO_LARGE',
  'CORRUPT',
]);
/**
 * Content that the upstream does not give to this mirror is reported as absent: clients then ask the next registry that
 * they know, or push it here. A 401 would make them show their credentials for this mirror.
 */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'DENIED', 'UNAUTHORIZED']);

export interface UpstreamOptions {
  /** The registry in references; undefined for the one of repositories that name no other. */
  readonly name?: string | undefined;
  readonly client: RegistryClient;
  /** Prepended to repository names there, for example `library/`. */
  readonly prefix: string;
}

/** A repository of an upstream registry. */
export interface UpstreamRepository {
  readonly client: RegistryClient;
  readonly name: string;
}

/** A registry from which a mirror fetches. While it fails, content that is here is served without it. */
export class Upstream implements AsyncDisposable {
  /** First component of the repositories here that are its own; undefined for the default. */
  readonly component: string | undefined;
  readonly #options: UpstreamOptions;
  /** It is not asked about locally stored content until then, on the clock of `performance.now()`. */
  #skippedUntil = 0;

  /** @throws ImageError USAGE (the name is not that of a registry) */
  constructor(options: UpstreamOptions) {
    const { name } = options;
    this.component = name === undefined ? undefined : componentOf(name);
    this.#options = options;
    if (name !== undefined && this.component === undefined)
      throw new ImageError(
        'USAGE',
        `upstream: expected the name of a registry, got ${JSON.stringify(name)}`,
        { hint: 'For example docker.io=https://registry-1.docker.io.' },
      );
  }

  /** Its repository for one here, as an address and as a place to read from. */
  of(repository: string): UpstreamRepository & { readonly source: Repository } {
    const { client, prefix } = this.#options;
    const own = this.component === undefined ? repository : repository.replace(/^[^/]*\//, '');
    const name = `${prefix}${own}`;
    return { client, name, source: new Repository(client, name) };
  }

  /**
   * Asks it; if that fails or takes long, falls back to the local result `own`, if any. Work that takes long goes on.
   *
   * @throws ImageError UNAVAILABLE (it failed and there is no local result)
   */
  async ask<T>(own: T | undefined, work: () => Promise<T | undefined>): Promise<T | undefined> {
    if (own !== undefined && performance.now() < this.#skippedUntil) return own;
    try {
      const result = work();
      const answer = own === undefined ? await result : await this.#unlessSlow(result);
      return answer ?? own;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      if (REFUSALS.has(error.code)) return own;
      this.#noteFailure(error);
      if (own !== undefined) return own;
      throw FAILURES.has(error.code)
        ? new ImageError('UNAVAILABLE', error.message, { cause: error })
        : error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.client[Symbol.asyncDispose]();
  }

  /** Undefined when the result takes too long; a failure after that is only noted. */
  async #unlessSlow<T>(result: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        this.#skip(BACKOFF_MS);
        result.catch((error: unknown) => this.#noteFailure(error));
        resolve(undefined);
      }, PATIENCE_MS);
    });
    try {
      return await Promise.race([result, slow]);
    } finally {
      clearTimeout(timer);
    }
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof ImageError) || error.code !== 'UNAVAILABLE') return;
    const { retryAfter } = (error.cause ?? {}) as Partial<Refusal>;
    const asked = parseRetryAfter(retryAfter, this.#options.client.now(), MAX_BACKOFF_MS) ?? 0;
    this.#skip(Math.max(BACKOFF_MS, asked));
  }

  #skip(milliseconds: number): void {
    this.#skippedUntil = Math.max(this.#skippedUntil, performance.now() + milliseconds);
  }
}
