import { ImageError, type ErrorCode } from '../../errors.js';
import { isObject, parseJsonObject } from '../../oci/json.js';
import { readAnswer, type Answer } from './answer.js';

/** The largest error that is read (bytes), and how much of its text is shown (characters). */
const LIMIT = 64 * 1024;
const SHOWN = 500;

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
};

/**
 * The error for a status that was not expected, in the registry's own words (distribution spec 1.1 § Error Codes).
 *
 * @param registry whose credentials were not sent to another host.
 */
export async function refusal(
  method: string,
  answer: Answer,
  registry: string,
): Promise<ImageError> {
  const { status, url, isOwn } = answer;
  const said = await saidIn(answer);
  const code = CODES[status] ?? (status >= 500 || status === 429 ? 'UNAVAILABLE' : 'INVALID');
  const location = `${url.host}${url.pathname}`;
  const hint = isOwn
    ? 'Log in with docker login or podman login, or give --username and --password-stdin.'
    : `${registry} sends its clients there; its credentials are for ${registry} alone and were not sent.`;
  return new ImageError(code, `${location}: expected ${method} to work, got ${status}${said}`, {
    location,
    ...(code === 'UNAUTHORIZED' ? { hint } : {}),
  });
}

async function saidIn(answer: Answer): Promise<string> {
  try {
    const bytes = await readAnswer(answer, { limit: LIMIT, what: 'error' });
    const { errors } = parseJsonObject(bytes, 'error');
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    const { code, message } = isObject(first) ? first : {};
    const texts = [code, message].filter((each) => typeof each === 'string' && each !== '');
    const text = texts.join(': ').replace(/\p{Cc}+/gu, ' ');
    return text === '' ? '' : ` (${text.slice(0, SHOWN)})`;
  } catch {
    return '';
  }
}
