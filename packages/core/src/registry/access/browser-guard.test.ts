import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { refuseCrossSiteWrite } from './browser-guard.js';

const SELF = 'registry.lan:5000';

function request(method: string, headers: Readonly<Record<string, string>>): () => void {
  const asked = { method, headers: { host: SELF, ...headers } } as Partial<IncomingMessage>;
  return () => refuseCrossSiteWrite(asked as IncomingMessage);
}

it.each([
  ['GET', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['HEAD', { origin: 'null' }],
  ['PUT', {}],
  ['PUT', { 'sec-fetch-site': 'same-origin', origin: `http://${SELF}` }],
  ['DELETE', { 'sec-fetch-site': 'none' }],
  ['POST', { origin: `http://${SELF.toUpperCase()}` }],
])('allows %s with %j', (method, headers) => {
  expect(request(method, headers)).not.toThrow();
});

it.each([
  ['PUT', { origin: 'https://evil.example' }],
  ['PUT', { origin: 'null' }],
  ['PUT', { origin: '' }],
  ['DELETE', { origin: 'http://registry.lan' }],
  ['DELETE', { origin: 'http://registry.lan:5001' }],
  ['POST', { 'sec-fetch-site': 'cross-site' }],
  ['PATCH', { 'sec-fetch-site': 'same-site', origin: `http://${SELF}` }],
])('refuses %s with %j', (method, headers) => {
  expect(request(method, headers)).toThrow(expect.objectContaining({ code: 'DENIED' }) as Error);
});
