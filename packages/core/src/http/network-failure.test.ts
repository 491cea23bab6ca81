import { expect, it } from 'vitest';
import { networkFailure } from './network-failure.js';

it.each([
  [{ code: 'ECONNREFUSED' }, 'connect ECONNREFUSED 127.0.0.1:5000', 'connection refused'],
  [{ code: 'ENOTFOUND' }, 'getaddrinfo ENOTFOUND nowhere', 'no host of this name'],
  [{ code: 'ECONNRESET' }, 'socket hang up', 'the connection was closed'],
  [{ code: 'ETIMEDOUT' }, '', 'no answer in time'],
  // It has the names that the certificate is for.
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'x is not in the cert', 'x is not in the cert'],
  [{ code: 'EOTHER' }, '', 'EOTHER'],
  [{}, '', 'no reason'],
  // A host to which the registry refers was named before.
  [{ code: 'ECONNREFUSED', cause: 1 }, 'cdn: connection refused', 'cdn: connection refused'],
])('%j is said in words', (fields, message, expected) => {
  expect(networkFailure(Object.assign(new Error(message), fields))).toBe(expected);
});
