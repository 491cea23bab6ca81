import { expect, it } from 'vitest';
import { refusal, subjectOf } from './failure-words.js';
import type { RegistryRequest } from './request.js';

const request = (method: RegistryRequest['method'], headers = {}): RegistryRequest => ({
  method,
  headers,
  url: '/',
  scope: '',
  expected: [],
});

it.each([
  [request('HEAD'), 401, 'needs a login that may read it'],
  [request('PUT'), 401, 'needs a login that may write it'],
  [request('DELETE'), 403, 'this login may not delete it'],
  [request('GET'), 404, 'not found'],
  [request('DELETE'), 405, 'the registry does not support DELETE'],
  [request('PUT', { 'content-length': '5' }), 413, 'too large for the registry: PUT of 5 bytes'],
  [request('PUT', { 'content-type': 'a/b' }), 415, 'the registry does not take the media type a/b'],
  [request('GET'), 429, 'the registry asks for fewer requests'],
  [request('GET'), 503, 'the registry failed'],
  [request('POST'), 418, 'the registry refused POST'],
])('a refusal is said in words: %j %i', (asked, status, expected) => {
  expect(refusal(asked, status)).toBe(expected);
});

it.each([
  ['/v2/team/app/manifests/1', 'r:5000/team/app:1'],
  [`/v2/app/manifests/sha256:${'a'.repeat(64)}`, `r:5000/app@sha256:${'a'.repeat(64)}`],
  [`/v2/app/blobs/sha256:${'a'.repeat(64)}`, `r:5000/app@sha256:${'a'.repeat(64)}`],
  ['/v2/team/app/blobs/uploads/', 'r:5000/team/app'],
  ['/v2/team/app/tags/list', 'r:5000/team/app'],
  ['/v2/', 'r.example.com/v2/'],
])('%s is about %s', (path, expected) => {
  expect(subjectOf(new URL(`https://r.example.com${path}`), 'r:5000')).toBe(expected);
});
