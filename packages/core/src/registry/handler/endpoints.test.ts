import { describe, expect, it } from 'vitest';
import { uploadsContent, workFor } from './endpoints.js';
import type { Route } from './routes.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const ROUTES: readonly (readonly [Route, string])[] = [
  [{ kind: 'version' }, 'GET HEAD'],
  [{ kind: 'catalog' }, 'GET HEAD'],
  [{ kind: 'tags', name: 'a' }, 'GET HEAD'],
  [{ kind: 'referrers', name: 'a', digest: DIGEST }, 'GET HEAD'],
  [{ kind: 'manifest', name: 'a', reference: '1' }, 'GET HEAD PUT DELETE'],
  [{ kind: 'blob', name: 'a', digest: DIGEST }, 'GET HEAD DELETE'],
  [{ kind: 'uploads', name: 'a' }, 'POST'],
  [{ kind: 'upload', name: 'a', id: 'x' }, 'GET PATCH PUT DELETE'],
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'constructor'];

describe.each(ROUTES)('the endpoint $kind', (route, allowed) => {
  const methods = allowed.split(' ');

  it('answers its methods, and tells them to others', () => {
    for (const method of METHODS) {
      if (methods.includes(method)) expect(workFor(method, route)).toBeTypeOf('function');
      else if (method !== 'constructor')
        expect(() => workFor(method, route)).toThrow(
          expect.objectContaining({
            code: 'UNSUPPORTED',
            headers: { allow: methods.join(', ') },
          }) as Error,
        );
    }
  });

  it('takes content by some of them', () => {
    const taking = METHODS.filter((method) => uploadsContent(method, route));
    expect(taking).toEqual(
      { manifest: ['PUT'], uploads: ['POST', 'PUT', 'PATCH'], upload: ['POST', 'PUT', 'PATCH'] }[
        route.kind as string
      ] ?? [],
    );
  });
});
