import { ImageError } from '../../errors.js';
import { parseJsonObject } from '../../oci/json.js';
import { parseChallenges, type Challenge } from './challenge.js';
import { LOG_IN, type Credential } from './credentials.js';
import { httpUrl, printableUrl } from '../given-url.js';
import { isPrivate } from '../host.js';
import type { Wording } from '../../wording.js';

/** A request to a token server; redirects are not followed. */
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
  /** Time of renewal, on the clock of `performance.now()`. */
  readonly renewAt: number;
}

/** A token is renewed this long before it expires (ms), a short-lived one at half its lifetime. */
const RENEWAL_MARGIN_MS = 10_000;
/** Lifetime of a token when the token server gives none (seconds). */
const DEFAULT_LIFETIME_SECONDS = 60;
/** Characters that are valid in the header. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Answers a registry's challenges with Basic credentials or Bearer tokens (distribution spec, token.md); tokens are
 * kept per scope until they expire. Credentials go only to the registry and to the realm that it names, so challenges of
 * other servers must not be passed in.
 */
export class Authorization {
  readonly #origin: URL;
  readonly #credential: () => Promise<Credential | undefined>;
  readonly #send: SendTokenRequest;
  readonly #loginHint: () => Wording;
  readonly #tokens = new Map<string, Token>();
  readonly #pending = new Map<string, Promise<Token>>();
  #basic: string | undefined;

  constructor(
    origin: URL,
    credential: () => Promise<Credential | undefined>,
    send: SendTokenRequest,
    loginHint: () => Wording = () => LOG_IN,
  ) {
    this.#origin = origin;
    this.#credential = credential;
    this.#send = send;
    this.#loginHint = loginHint;
  }

  /** The `authorization` header for a scope; undefined while there is none. */
  headerFor(scope: string): string | undefined {
    const token = this.#tokens.get(scope);
    return token && token.renewAt > performance.now() ? token.header : this.#basic;
  }

  /**
   * Obtains the authorization that a 401 response asks for. Concurrent requests of one scope share one token request.
   *
   * @param header the challenges (`WWW-Authenticate`).
   * @param used the `authorization` header of the refused request.
   * @returns false when there are no credentials left to try
   * @throws ImageError UNAUTHORIZED, UNAVAILABLE (the token server)
   */
  async answer(
    header: string | undefined,
    scope: string,
    used: string | undefined,
  ): Promise<boolean> {
    const known = this.headerFor(scope);
    if (known !== undefined && known !== used) return true;
    const challenges = parseChallenges(header ?? '');
    const bearer = challenges.find(
      ({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined,
    );
    if (bearer) {
      const pending = this.#pending.get(scope) ?? this.#fetchToken(bearer, scope);
      this.#pending.set(scope, pending);
      try {
        const token = await pending;
        this.#tokens.set(scope, token);
        return token.header !== used;
      } finally {
        this.#pending.delete(scope);
      }
    }
    const credential = await this.#credential();
    const wantsBasic = challenges.some(({ scheme }) => scheme === 'basic');
    if (!wantsBasic || !credential || !('username' in credential)) return false;
    this.#basic = basicHeader(credential);
    return this.#basic !== used;
  }

  async #fetchToken({ parameters }: Challenge, scope: string): Promise<Token> {
    const { realm = '', service } = parameters;
    const credential = await this.#credential();
    if (credential && 'registryToken' in credential)
      return { header: bearerHeader(credential.registryToken, this.#origin), renewAt: Infinity };
    const url = this.#checkRealm(realm);
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
    if (status !== 200) throw tokenRefusal(url, status, this.#loginHint());
    return readToken(body, url);
  }

  /** @throws ImageError UNAUTHORIZED for a realm that must not get credentials */
  #checkRealm(text: string): URL {
    const url = httpUrl(text);
    const isNear =
      url?.protocol === 'http:' &&
      this.#origin.protocol === 'http:' &&
      (url.hostname === this.#origin.hostname || isPrivate(url.hostname));
    if (url && (url.protocol === 'https:' || isNear)) return url;
    throw new ImageError(
      'UNAUTHORIZED',
      `${this.#origin.host}: its token server has no https URL: ${printableUrl(text)}`,
      { location: this.#origin.host, hint: 'No credentials were sent to it.' },
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

function readToken(body: Uint8Array, url: URL): Token {
  const {
    token,
    access_token: accessToken,
    expires_in: life = DEFAULT_LIFETIME_SECONDS,
  } = parseJsonObject(body, `the answer of ${url.host}`);
  const header = bearerHeader(typeof token === 'string' && token !== '' ? token : accessToken, url);
  const asked = Number(life);
  const seconds = asked > 0 && Number.isFinite(asked) ? asked : DEFAULT_LIFETIME_SECONDS;
  const milliseconds = seconds * 1000;
  return {
    header,
    renewAt: performance.now() + Math.max(milliseconds - RENEWAL_MARGIN_MS, milliseconds / 2),
  };
}

/** @throws ImageError UNAUTHORIZED for a value that is no token */
function bearerHeader(token: unknown, { host }: URL): string {
  if (typeof token === 'string' && TOKEN.test(token)) return `Bearer ${token}`;
  throw new ImageError('UNAUTHORIZED', `${host}: the token server sent no token`, {
    location: host,
  });
}

function tokenRefusal({ host }: URL, status: number, loginHint: Wording): ImageError {
  const code = status === 401 || status === 403 ? 'UNAUTHORIZED' : 'UNAVAILABLE';
  const isRedirect = status >= 300 && status < 400;
  return new ImageError(
    code,
    `${host}: the token server answered ${isRedirect ? `a redirect (${status})` : status}`,
    {
      location: host,
      hint: isRedirect
        ? 'Requests for tokens carry credentials, so their redirects are not followed.'
        : loginHint,
    },
  );
}
