import { expect, it } from 'vitest';
import { hostCheck } from './allowed-hosts.js';

const check = hostCheck(['Registry.lan', '*.example.com.']);

it.each([
  undefined,
  'localhost',
  'LOCALHOST:5000',
  'localhost.:80',
  '127.0.0.1:5000',
  '[::1]:5000',
  '[2001:db8::1]',
  'registry.lan:5000',
  'REGISTRY.LAN.',
  'a.example.com',
])('allows the host %s', (host) => {
  expect(() => check(host)).not.toThrow();
});

it.each([
  '',
  'evil.example',
  'example.com',
  'registry.lan.evil.example',
  'evil.example:localhost',
  'localhost@evil.example',
  '127.0.0.1.evil.example',
  '[localhost]x',
])('refuses the host %j with status 421', (host) => {
  expect(() => check(host)).toThrow(
    expect.objectContaining({ code: 'DENIED', status: 421 }) as Error,
  );
});

it.each(['a b', 'registry.lan:5000', 'http://a', ''])('does not accept the name %j', (name) => {
  expect(() => hostCheck([name])).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
});
