import { describe, expect, it } from 'vitest';
import { isExcluded } from './no-proxy.js';
import { proxyFor } from './proxy.js';

const NO_PROXY =
  'foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64';

// The table of httpproxy's own tests (TestUseProxy, TestProxyForURL, TestInvalidNoProxy, TestAllNoProxy).
describe('NO_PROXY as Go reads it', () => {
  it.each([
    ['[::2]', false],
    ['192.168.1.1', true],
    ['192.168.1.2', false],
    ['192.168.1.3', true],
    ['192.168.1.4', false],
    ['10.0.0.2', true],
    ['10.0.0.4', false],
    ['[2001:db8::52:0:1]', true],
    ['[2001:db8::52:0:2]', false],
    ['[2001:db8::52:0:3]', true],
    ['[2002:db8:a::123]', true],
    ['[fe80::424b:c8be:1643:a1b6]', false],
    ['barbaz.net', false],
    ['www.barbaz.net', true],
    ['foobar.com', true],
    ['www.foobar.com', true],
    ['foofoobar.com', false],
    ['baz.com', false],
    ['localhost.net', false],
    ['local.localhost', false],
    ['barbarbaz.net', false],
    ['wildcard.io', false],
    ['nested.wildcard.io', true],
    ['awildcard.io', false],
  ])('excludes %s: %s', (host, expected) => {
    expect(isExcluded(new URL(`http://${host}/`), NO_PROXY)).toBe(expected);
    expect(isExcluded(new URL(`http://${host}/`), '*')).toBe(true);
  });

  it.each([
    ['corp.test', 'https://registry.corp.test/', true],
    ['CORP.TEST', 'https://registry.corp.test/', true],
    ['corp.test:5000', 'https://registry.corp.test:5000/', true],
    ['corp.test:5000', 'https://registry.corp.test/', false],
    ['corp.test:443', 'https://registry.corp.test/', true],
    ['.corp.test', 'https://corp.test/', false],
    ['ample.com', 'http://example.com/', false],
    ['.foo.com', 'http://example.com/', false],
    ['.示例.com', 'http://www.示例.com/', true],
    ['xn--fsq092h.com', 'http://www.示例.com/', true],
    ['示例.com', 'http://www.xn--fsq092h.com/', true],
    ['10.0.0.0/8,corp.test', 'https://10.255.0.1:5000/', true],
    ['10.0.0.0/33', 'https://10.0.0.1/', false],
    ['2001:DB8:0::52:0:1', 'https://[2001:db8::52:0:1]/', true],
    ['a.test b.test', 'https://b.test/', true],
    [':1', 'http://example.com/', false],
    ['', 'http://example.com/', false],
    [',, ,', 'http://example.com/', false],
    ['*.', 'http://example.com/', false],
    ['.', 'http://example.com/', false],
    ['fe80::1%eth0', 'http://[fe80::1]/', false],
    ['[fe80::1%25eth0]:80', 'http://[fe80::1]/', false],
    ['fe80::%eth0/10,b.test', 'http://[fe80::1]/', false],
    ['fe80::1%eth0 b.test', 'http://b.test/', true],
  ])('%j for %s: %s', (noProxy, url, expected) => {
    expect(isExcluded(new URL(url), noProxy)).toBe(expected);
  });
});

describe('the proxy of an environment', () => {
  const [http, https] = ['http://a.example.com/', 'https://a.example.com/'];
  it.each([
    [{ HTTP_PROXY: '127.0.0.1:8080' }, http, 'http://127.0.0.1:8080'],
    [{ http_proxy: 'cache.corp.test:1234' }, http, 'http://cache.corp.test:1234'],
    [{ http_proxy: 'localhost' }, http, 'http://localhost'],
    [{ http_proxy: 'https://cache.corp.test' }, http, 'https://cache.corp.test'],
    [{ http_proxy: 'http.test', https_proxy: 'secure.test' }, http, 'http://http.test'],
    [{ http_proxy: 'http.test', https_proxy: 'secure.test' }, https, 'http://secure.test'],
    [{ HTTP_PROXY: 'http.test' }, https, ''],
    [{ ALL_PROXY: 'all.test' }, https, 'http://all.test'],
    [{ HTTPS_PROXY: 'upper.test', https_proxy: 'lower.test' }, https, 'http://upper.test'],
    [{ HTTPS_PROXY: 'p.test', NO_PROXY: 'example.com' }, https, ''],
    [{ https_proxy: 'p.test', no_proxy: 'example.com' }, https, ''],
    [{ https_proxy: 'p.test', no_proxy: 'example.com' }, 'https://b.test/', 'http://p.test'],
    [{}, https, ''],
  ])('%j is for %s %j', (environment, url, expected) => {
    expect(proxyFor(new URL(url), environment)).toBe(expected);
  });
});
