import { expect, it } from 'vitest';
import { isFollowed } from './request.js';

it.each([
  ['GET', [301, 302, 303, 307, 308]],
  ['HEAD', [301, 302, 303, 307, 308]],
  ['PUT', [307, 308]],
  ['POST', [307, 308]],
  ['DELETE', [307, 308]],
])('%s follows %j', (method, followed) => {
  const all = [200, 201, 300, 301, 302, 303, 304, 305, 307, 308, 400];
  expect(all.filter((status) => isFollowed(method, status))).toEqual(followed);
});
