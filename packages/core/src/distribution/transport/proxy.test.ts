import { expect, it, onTestFinished, vi } from 'vitest';
import { RegistryClient } from './client.js';
import { proxyFor } from './proxy.js';

function environment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

it.each([
  'http://ada:secret@proxy.invalid:99999999',
  'http://ada:sec%ret@proxy.invalid:3128',
  'socks5://ada:secret@proxy.invalid:1080',
  'ada:secret@proxy.invalid:99999999',
  'http://',
  'no proxy',
])('the invalid proxy %s is refused, and not shown', async (value) => {
  environment({ https_proxy: value });
  const client = await RegistryClient.open('far.invalid', { credentials: async () => undefined });
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
])('the proxy for %s is %j', async (url, expected) => {
  environment({ https_proxy: 'http://proxy.invalid:3128', no_proxy: 'near.invalid' });
  expect(await proxyFor(new URL(url))).toBe(expected);
});
