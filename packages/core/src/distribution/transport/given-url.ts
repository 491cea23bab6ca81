import { ImageError } from '../../errors.js';

/** Most of a URL that a message shows, in characters. */
const SHOWN = 200;

/**
 * Parses a URL that a server answered with: a redirect, an upload location, a next page. User information in it is
 * removed, so it is neither sent nor shown.
 *
 * @param from the URL that answered; relative URLs start there.
 * @param what names the URL in messages.
 * @throws ImageError UNAVAILABLE unless it is http or https, and https where `from` is
 */
export function givenUrl(text: string, from: URL, what: string): URL {
  const url = httpUrl(text, from);
  const isDowngrade = from.protocol === 'https:' && url?.protocol === 'http:';
  if (url && !isDowngrade) return url;
  throw new ImageError(
    'UNAVAILABLE',
    `${from.host}: ${what}: expected a URL of ${from.protocol === 'https:' ? 'https' : 'http or https'}, got ${shownUrl(text)}`,
    {
      location: from.host,
      hint:
        isDowngrade && url.hostname === from.hostname
          ? 'Nothing was sent there. A proxy in front of the registry may not tell it about https (X-Forwarded-Proto).'
          : 'Nothing was sent there.',
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
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return 'no valid URL';
  const { protocol, host, pathname } = new URL(text);
  // Without a host all of it is a path, credentials included.
  const path = host === '' && protocol !== 'file:' ? '' : `//${host}${pathname}`;
  return JSON.stringify(`${protocol}${path}`.slice(0, SHOWN));
}
