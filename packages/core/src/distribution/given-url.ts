import { ImageError } from '../errors.js';

/** The longest URL that a message shows, in characters. */
const MAX_SHOWN_CHARACTERS = 200;

/**
 * Parses a URL from a response: a redirect, an upload location, a next page. User information in it is
 * removed, so it is neither sent nor shown.
 *
 * @param from the URL of that response, the base of a relative URL.
 * @param what names the URL in messages.
 * @throws ImageError UNAVAILABLE unless it is http or https, and https where `from` is
 */
export function parseResponseUrl(text: string, from: URL, what: string): URL {
  const url = httpUrl(text, from);
  const isDowngrade = from.protocol === 'https:' && url?.protocol === 'http:';
  if (url && !isDowngrade) return url;
  throw new ImageError(
    'UNAVAILABLE',
    `${from.host}: ${what}: expected a URL of ${from.protocol === 'https:' ? 'https' : 'http or https'}, got ${printableUrl(text)}`,
    {
      location: from.host,
      hint:
        isDowngrade && url.hostname === from.hostname
          ? 'No request was sent to it. A proxy in front of the registry may not set the header X-Forwarded-Proto: https.'
          : 'No request was sent to it.',
    },
  );
}

/** An http or https URL without user information; undefined for anything else. */
export function httpUrl(text: string, base?: URL): URL | undefined {
  if (!URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** A URL for a message: without user information and without the query, which may be a signature. */
export function printableUrl(text: string): string {
  if (!URL.canParse(text)) return 'no valid URL';
  const { protocol, host, pathname } = new URL(text);
  // A URL without a host is all path, which may contain credentials.
  const path = host === '' && protocol !== 'file:' ? '' : `//${host}${pathname}`;
  return JSON.stringify(`${protocol}${path}`.slice(0, MAX_SHOWN_CHARACTERS));
}
