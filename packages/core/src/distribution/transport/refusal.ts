import { ImageError, type ErrorCode } from '../../errors.js';
import { isObject, parseJsonObject } from '../../oci/json.js';
import { LOG_IN } from '../auth/credentials.js';
import { readAnswer, type Answer } from './answer.js';
import { refusal, subjectOf } from './failure-words.js';
import type { RegistryRequest } from './request.js';
import { option, wording, type Wording } from '../../wording.js';

/** The largest error body that is read (bytes), and the longest error text that is shown (characters). */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_SHOWN_CHARACTERS = 500;

/** The hint for media types that a registry does not take: zot, for one, takes no manifest of Docker's. */
const OCI_ONLY = wording`The registry may take OCI media types only: push or convert the image with ${option('format', 'oci')}.`;

/** The `cause` of an error for an unexpected status. */
export interface Refusal {
  readonly status: number;
  /** The `Retry-After` header as sent. */
  readonly retryAfter?: string | undefined;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED',
  501: 'UNSUPPORTED',
  507: 'NO_SPACE',
};

/** Codes for content that does not exist, whatever the status: some registries send them with 401 or 403. */
const UNKNOWN: ReadonlySet<string> = new Set(['NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN']);
const SIZE_HINT =
  'The registry, or a proxy in front of it, limits the size of one request (nginx: client_max_body_size). Raise that limit, or make smaller layers.';
const FULL_HINT = 'Delete images there, or let its limit be raised.';

/**
 * The error for an unexpected status, with the registry's own message (distribution spec 1.1 § Error Codes).
 *
 * @param client its registry, whose credentials are not sent to other hosts, and its hint for a refused or missing login.
 */
export async function statusError(
  request: RegistryRequest,
  answer: Answer,
  {
    registry,
    loginHint,
  }: { readonly registry: string; readonly loginHint?: (() => Wording) | undefined },
): Promise<ImageError> {
  const { status, url, isOwn } = answer;
  const { code: said = '', message, text } = await readError(answer);
  const code =
    (status < 500 && UNKNOWN.has(said) ? 'NOT_FOUND' : CODES[status]) ??
    (status >= 500 || status === 429 ? 'UNAVAILABLE' : 'INVALID');
  const location = `${url.host}${url.pathname}`;
  const cause: Refusal = { status, retryAfter: answer.header('retry-after') };
  if (code === 'NO_SPACE') {
    const why =
      said === 'NO_SPACE' && message !== undefined
        ? message
        : `registry is full (${status}${text})`;
    return new ImageError(code, `${url.host}: ${why}`, { location, cause, hint: FULL_HINT });
  }
  const login = isOwn
    ? (loginHint?.() ?? LOG_IN)
    : `${registry} refers its clients to this host; the credentials are for ${registry} only and were not sent.`;
  const hints: Readonly<Partial<Record<ErrorCode, string | Wording>>> = {
    UNAUTHORIZED: login,
    TOO_LARGE: SIZE_HINT,
    ...(status === 415 ? { UNSUPPORTED: OCI_ONLY } : {}),
  };
  const hint = hints[code];
  // The answer of another host, to which the registry refers, is about that host.
  const subject = isOwn ? subjectOf(url, registry) : location;
  const why = code === 'NOT_FOUND' ? refusal(request, 404) : refusal(request, status);
  return new ImageError(code, `${subject}: ${why} (${status}${text})`, {
    location,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The registry's own code as sent, its message, and both as a text to show. */
async function readError(
  answer: Answer,
): Promise<{ readonly code?: string; readonly message?: string; readonly text: string }> {
  try {
    const bytes = await readAnswer(answer, { limit: MAX_ERROR_BYTES, what: 'error' });
    const { errors } = parseJsonObject(bytes, 'error');
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    const { code, message } = isObject(first) ? first : {};
    const texts = [code, message].filter((each) => typeof each === 'string' && each !== '');
    const shown = (said: string): string =>
      said.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_SHOWN_CHARACTERS);
    const text = shown(texts.join(': '));
    return {
      ...(typeof code === 'string' ? { code } : {}),
      ...(typeof message === 'string' && message !== '' ? { message: shown(message) } : {}),
      text: text === '' ? '' : ` ${text}`,
    };
  } catch {
    return { text: '' };
  }
}
