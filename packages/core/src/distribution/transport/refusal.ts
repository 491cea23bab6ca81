import { ImageError, type ErrorCode } from '../../errors.js';
import { isObject, parseJsonObject } from '../../oci/json.js';
import { readAnswer, type Answer } from './answer.js';

/** The largest error body that is read (bytes), and the longest error text that is shown (characters). */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_SHOWN_CHARACTERS = 500;

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
};

/**
 * The error for an unexpected status, with the registry's own message (distribution spec 1.1 § Error Codes).
 *
 * @param registry the registry whose credentials are not sent to other hosts.
 */
export async function statusError(
  method: string,
  answer: Answer,
  registry: string,
): Promise<ImageError> {
  const { status, url, isOwn } = answer;
  const text = await readErrorText(answer);
  const code = CODES[status] ?? (status >= 500 || status === 429 ? 'UNAVAILABLE' : 'INVALID');
  const location = `${url.host}${url.pathname}`;
  const hint = isOwn
    ? 'Log in with docker login or podman login, or give --username and --password-stdin.'
    : `${registry} refers its clients to this host; the credentials are for ${registry} only and were not sent.`;
  return new ImageError(code, `${location}: expected ${method} to succeed, got ${status}${text}`, {
    location,
    ...(code === 'UNAUTHORIZED' ? { hint } : {}),
  });
}

async function readErrorText(answer: Answer): Promise<string> {
  try {
    const bytes = await readAnswer(answer, { limit: MAX_ERROR_BYTES, what: 'error' });
    const { errors } = parseJsonObject(bytes, 'error');
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    const { code, message } = isObject(first) ? first : {};
    const texts = [code, message].filter((each) => typeof each === 'string' && each !== '');
    const text = texts.join(': ').replace(/\p{Cc}+/gu, ' ');
    return text === '' ? '' : ` (${text.slice(0, MAX_SHOWN_CHARACTERS)})`;
  } catch {
    return '';
  }
}
