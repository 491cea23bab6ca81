import { ImageError } from '../../errors.js';
import { parseJsonObject } from '../../oci/json.js';
import { parseChallenges, type Challenge } from './challenge.js';
import type { Credential } from './credentials.js';
import { httpUrl, shownUrl } from '../transport/given-url.js';
import { isPrivate } from '../host.js';

/** A request to an issuer of tokens; a redirect is not followed. */
export interface TokenRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type SendTokenRequest = (
  request: TokenRequest,
) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

interface Token {
  readonly header: string;
  /** In milliseconds since 1970. */
  readonly until: number;
}

/** A token is renewed so long before it ends (ms), a short one at half its life; it lasts a minute where its issuer does not say. */
const MARGIN = 10_000;
const DEFAULT_LIFE = 60;
/** What fits in a header. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Answers a registry's challenges: Basic, or Bearer tokens (distribution spec, token.md), kept by scope until they end.
 * Credentials go to the registry itself and to the realm that it names. Challenges of other servers must not come here.
 */
export class Authorization {
  readonly #origin: URL;
  readonly #credential: () => Promise<Credential | undefined>;
  readonly #send: SendTokenRequest;
  readonly #tokens = new Map<string, Token>();
  readonly #asking = new Map<string, Promise<Token>>();
  #basic: string | undefined;

  constructor(
    origin: URL,
    credential: () => Promise<Credential | undefined>,
    send: SendTokenRequest,
  ) {
    this.#origin = origin;
    this.#credential = credential;
    this.#send = send;
  }

  /** What to send with a request for a scope, as far as it is known. */
  headerFor(scope: string): string | undefined {
    const token = this.#tokens.get(scope);
    return token && token.until > Date.now() ? token.header : this.#basic;
  }

  /**
   * Learns what a 401 asks for. Requests of one scope that are refused together are answered by one token.
   *
   * @param used what was sent with the request that was refused.
   * @returns false when nothing more can be done
   * @throws ImageError UNAUTHORIZED, UNAVAILABLE (the issuer)
   */
  async answer(
    header: string | undefined,
    scope: string,
    used: string | undefined,
  ): Promise<boolean> {
    const known = this.headerFor(scope);
    if (known !== undefined && known !== used) return true;
    const challenges = parseChallenges(header ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer) {
      const asking = this.#asking.get(scope) ?? this.#fetchToken(bearer, scope);
      this.#asking.set(scope, asking);
      try {
        this.#tokens.set(scope, await asking);
      } finally {
        this.#asking.delete(scope);
      }
      return true;
    }
    const credential = await this.#credential();
    const wantsBasic = challenges.some(({ scheme }) => scheme === 'basic');
    if (!wantsBasic || !credential || 'identityToken' in credential) return false;
    this.#basic = basicHeader(credential);
    return this.#basic !== used;
  }

  async #fetchToken({ parameters }: Challenge, scope: string): Promise<Token> {
    const { realm = '', service } = parameters;
    const url = this.#realm(realm);
    const credential = await this.#credential();
    const scopes = scope === '' ? [] : scope.split(' ');
    let request: TokenRequest;
    if (credential && 'identityToken' in credential) {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: credential.identityToken,
        client_id: 'stowage',
        ...(service === undefined ? {} : { service }),
        ...(scope === '' ? {} : { scope }),
      });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      request = { url: url.href, method: 'POST', headers, body: body.toString() };
    } else {
      if (service !== undefined) url.searchParams.set('service', service);
      for (const each of scopes) url.searchParams.append('scope', each);
      const headers = credential ? { authorization: basicHeader(credential) } : {};
      request = { url: url.href, method: 'GET', headers };
    }
    const { status, body } = await this.#send(request);
    if (status !== 200) throw refused(url, status);
    return readToken(body, url);
  }

  /** @throws ImageError UNAUTHORIZED for a realm that credentials must not go to */
  #realm(text: string): URL {
    const url = httpUrl(text);
    const isOwn = url?.origin === this.#origin.origin;
    const isNear =
      url?.protocol === 'http:' && this.#origin.protocol === 'http:' && isPrivate(url.hostname);
    if (url && (url.protocol === 'https:' || isOwn || isNear)) return url;
    throw new ImageError(
      'UNAUTHORIZED',
      `${this.#origin.host}: expected an issuer of tokens over https, got ${shownUrl(text)}`,
      { location: this.#origin.host, hint: 'Nothing was sent there.' },
    );
  }
}

function basicHeader({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function readToken(body: Uint8Array, { host }: URL): Token {
  const {
    token,
    access_token: accessToken,
    expires_in: life = DEFAULT_LIFE,
  } = parseJsonObject(body, `the answer of ${host}`);
  const value = typeof token === 'string' && token !== '' ? token : accessToken;
  if (typeof value !== 'string' || !TOKEN.test(value))
    throw new ImageError('UNAUTHORIZED', `${host}: expected a token, got an answer without one`, {
      location: host,
    });
  const seconds = typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE;
  const milliseconds = seconds * 1000;
  return {
    header: `Bearer ${value}`,
    until: Date.now() + Math.max(milliseconds - MARGIN, milliseconds / 2),
  };
}

function refused({ host }: URL, status: number): ImageError {
  const code = status === 401 || status === 403 ? 'UNAUTHORIZED' : 'UNAVAILABLE';
  const isRedirect = status >= 300 && status < 400;
  return new ImageError(
    code,
    `${host}: expected a token, got ${isRedirect ? `a redirect (${status})` : status}`,
    {
      location: host,
      hint: isRedirect
        ? 'Requests for tokens carry credentials, so their redirects are not followed.'
        : 'Log in with docker login or podman login, or give --username and --password-stdin.',
    },
  );
}
