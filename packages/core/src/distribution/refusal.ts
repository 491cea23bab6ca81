import { ImageError, type ErrorCode } from '../errors.js';
import { isObject, parseJsonObject } from '../oci/json.js';
import { readAll } from '../transfer/verified.js';
import type { Answer } from './client.js';

/** So much (bytes) of an error is read. */
const LIMIT = 64 * 1024;

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
};

/** An answer that nobody wanted, in the registry's own words (distribution spec 1.1 § Error Codes). */
export async function refusal(method: string, answer: Answer): Promise<ImageError> {
  const { status, url } = answer;
  const said = await saidIn(answer);
  const code = CODES[status] ?? (status >= 500 || status === 429 ? 'UNAVAILABLE' : 'INVALID');
  const location = `${url.host}${url.pathname}`;
  return new ImageError(code, `${location}: expected ${method} to work, got ${status}${said}`, {
    location,
    ...(code === 'UNAUTHORIZED'
      ? {
          hint: 'Log in with docker login or podman login, or give --username and --password-stdin.',
        }
      : {}),
  });
}

async function saidIn({ body }: Answer): Promise<string> {
  try {
    const { errors } = parseJsonObject(await readAll(body, LIMIT), 'error');
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    const { code, message } = isObject(first) ? first : {};
    const texts = [code, message].filter((each) => typeof each === 'string' && each !== '');
    return texts.length === 0 ? '' : ` (${texts.join(': ').slice(0, 500)})`;
  } catch {
    return '';
  }
}
