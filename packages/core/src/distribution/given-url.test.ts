import { describe, expect, it } from 'vitest';
import { httpUrl, parseResponseUrl, printableUrl } from './given-url.js';

const PLAIN = new URL('http://registry.lan:5000/v2/a/blobs/uploads/1');
const TLS = new URL('https://registry.example.com/v2/');

describe('a URL from a response', () => {
  it.each([
    ['/v2/x', PLAIN, 'http://registry.lan:5000/v2/x'],
    ['2?state=a', PLAIN, 'http://registry.lan:5000/v2/a/blobs/uploads/2?state=a'],
    ['//other.lan/x', PLAIN, 'http://other.lan/x'],
    ['https://cdn.example.com/x', PLAIN, 'https://cdn.example.com/x'],
    ['https://ada:secret@cdn.example.com/x#part', TLS, 'https://cdn.example.com/x'],
    ['//cdn.example.com/x', TLS, 'https://cdn.example.com/x'],
  ])('%s of %s is %s', (text, from, expected) => {
    expect(parseResponseUrl(text, from, 'redirect').href).toBe(expected);
  });

  it.each([
    ['http://registry.example.com/x', TLS],
    ['http://127.0.0.1/x', TLS],
    ['file:///etc/passwd', PLAIN],
    ['ftp://registry.lan/x', PLAIN],
    ['data:text/plain,x', PLAIN],
    ['http://', PLAIN],
    ['http://[::1', PLAIN],
  ])('%s of %s is refused', (text, from) => {
    expect(() => parseResponseUrl(text, from, 'redirect')).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE', location: from.host }) as Error,
    );
  });

  it('that goes back to http on the same host has the hint about the proxy header', () => {
    const parse = (text: string) => () => parseResponseUrl(text, TLS, 'redirect');
    const hinted = (text: RegExp) =>
      expect.objectContaining({ hint: expect.stringMatching(text) as string }) as Error;
    expect(parse('http://registry.example.com/x')).toThrow(hinted(/X-Forwarded-Proto/));
    expect(parse('http://other.example.com/x')).toThrow(hinted(/^No request was sent to it\.$/));
  });
});

it('a URL without http is undefined', () => {
  expect(httpUrl('mailto:ada@example.com')).toBeUndefined();
  expect(httpUrl('x')).toBeUndefined();
});

it.each([
  ['https://ada:secret@a.example.com/x?sig=1#y', '"https://a.example.com/x"'],
  ['ada:secret', '"ada:"'],
  ['file:///etc/passwd', '"file:///etc/passwd"'],
  ['http://[', 'no valid URL'],
])('%s is shown as %s', (text, expected) => {
  expect(printableUrl(text)).toBe(expected);
});

it('a long URL is shown shortened', () => {
  expect(printableUrl(`http://a/${'b'.repeat(10_000)}`).length).toBe(202);
});
