import { expect, it, onTestFinished } from 'vitest';
import { surroundingsOf } from '../../surroundings.js';
import { RegistryClient } from './client.js';
import { proxyFor } from './proxy.js';

it.each([
  'http://ada:secret@proxy.invalid:99999999',
  'http://ada:sec%ret@proxy.invalid:3128',
  'socks5://ada:secret@proxy.invalid:1080',
  'ada:secret@proxy.invalid:99999999',
  'http://',
  'no proxy',
])('the invalid proxy %s is refused, and not shown', async (value) => {
  const client = await RegistryClient.open('far.invalid', {
    credentials: async () => undefined,
    surroundings: surroundingsOf({ env: { https_proxy: value } }),
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  const request = { method: 'GET', url: '/v2/', scope: '', expected: [200] } as const;
  const error: unknown = await client.request(request).catch((cause: unknown) => cause);
  expect(error).toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('no_proxy') as string,
  });
  expect(String(error)).not.toMatch(/sec|proxy\.invalid/);
});

it.each([
  ['https://far.invalid/', 'http://proxy.invalid:3128'],
  ['https://127.0.0.1:5000/', ''],
  ['https://[::1]:5000/', ''],
  ['https://localhost/', ''],
  ['https://near.invalid/', ''],
  ['http://far.invalid/', ''],
])('the proxy for %s is %j', (url, expected) => {
  const env = { https_proxy: 'http://proxy.invalid:3128', no_proxy: 'near.invalid' };
  expect(proxyFor(new URL(url), env)).toBe(expected);
});

it.each([
  [{ HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
  [{ https_proxy: '', HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
  [{ https_proxy: 'http://q:1', HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
  [{ http_proxy: 'http://p:1' }, ''],
  [{ all_proxy: 'http://p:1' }, 'http://p:1'],
  [{ all_proxy: 'http://q:1', https_proxy: 'http://p:1' }, 'http://p:1'],
  [{ https_proxy: 'p:1' }, 'http://p:1'],
  [{}, ''],
])('the environment %j names the proxy %j', (env, expected) => {
  expect(proxyFor(new URL('https://far.invalid/'), env)).toBe(expected);
});

it.each([
  ['*', true],
  ['a.invalid, *', true],
  ['a.invalid b.far.invalid:8443', true],
  ['B.FAR.INVALID', true],
  ['.far.invalid', true],
  ['*.far.invalid', true],
  ['*far.invalid', false],
  ['far.invalid', true],
  ['ar.invalid', false],
  ['b.far.invalid:443', false],
  ['b.far', false],
  [',, ', false],
  ['', false],
])('no_proxy %j exempts https://b.far.invalid:8443: %j', (list, isExempt) => {
  const env = { https_proxy: 'http://p:1', NO_PROXY: list };
  expect(proxyFor(new URL('https://b.far.invalid:8443/'), env) === '').toBe(isExempt);
});

it('a port of no_proxy is compared with the default port of a URL without one', () => {
  const env = { all_proxy: 'http://p:1', no_proxy: 'far.invalid:443' };
  expect(proxyFor(new URL('https://far.invalid/'), env)).toBe('');
  expect(proxyFor(new URL('http://far.invalid/'), env)).toBe('http://p:1');
});
