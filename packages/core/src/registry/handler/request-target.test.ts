import { expect, it } from 'vitest';
import { parseTarget } from './request-target.js';

it.each([
  ['/v2/', '/v2/', ''],
  ['/v2/a?n=1&last=b', '/v2/a', 'n=1&last=b'],
  ['/v2/a?', '/v2/a', ''],
  ['/v2/a?x=?', '/v2/a', 'x=%3F'],
  ['http://registry.lan:5000/v2/a?n=1', '/v2/a', 'n=1'],
  ['HTTPS://registry.lan/v2/', '/v2/', ''],
  ['http://registry.lan', '', ''],
  ['http://registry.lan?n=1', '', 'n=1'],
  ['/v2/http://x/', '/v2/http://x/', ''],
])('%s has the path %j and the query %j', (target, path, query) => {
  const parsed = parseTarget(target);
  expect([parsed.path, parsed.query.toString()]).toEqual([path, query]);
});

it.each(['/v2/%2e%2e/x', '/v2/a%2Fb', '/v2/../x', '//v2/'])('leaves %s as it is', (target) => {
  expect(parseTarget(target).path).toBe(target);
});
