import { describe, expect, it } from 'vitest';
import { hostOf, isLoopback, isPrivate } from './host.js';

it.each([
  ['docker.io', 'registry-1.docker.io'],
  ['registry.example:5000', 'registry.example:5000'],
  ['docker.io.example', 'docker.io.example'],
])('the host of %s is %s', (registry, host) => {
  expect(hostOf(registry)).toBe(host);
});

describe('a host', () => {
  it.each([
    ['localhost', true, true],
    ['localhost:5000', true, true],
    ['127.0.0.1', true, true],
    ['127.1.2.3:5000', true, true],
    ['::1', true, true],
    ['[::1]:5000', true, true],
    ['10.1.2.3', false, true],
    ['172.16.0.1:80', false, true],
    ['172.31.255.255', false, true],
    ['192.168.1.1', false, true],
    ['fd00::1', false, true],
    ['[fc00::1]:5000', false, true],
    ['172.32.0.1', false, false],
    ['172.15.0.1', false, false],
    ['11.0.0.1', false, false],
    ['8.8.8.8', false, false],
    ['2001:db8::1', false, false],
    // Names that only look like addresses.
    ['127.0.0.1.example', false, false],
    ['10.example', false, false],
    ['localhost.example', false, false],
    ['fd.example', false, false],
    ['', false, false],
  ])('%s is this machine: %s, private: %s', (host, own, near) => {
    expect([isLoopback(host), isPrivate(host)]).toEqual([own, near]);
  });
});
