import { describe, expect, it } from 'vitest';
import type { Rights } from '../access/access.js';
import { requirePermission } from './permission.js';
import type { Route } from './routes.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const BLOB: Route = { kind: 'blob', name: 'app', digest: DIGEST };
const rights = (more: Partial<Rights> = {}): Rights => ({
  allows: () => false,
  readsAll: false,
  ...more,
});
const reads: Rights['allows'] = (permission) => permission === 'read';

describe('the permission of a request', () => {
  it.each([
    ['GET', 'read'],
    ['HEAD', 'read'],
    ['PUT', 'write'],
    ['POST', 'write'],
    ['DELETE', 'write'],
    ['PATCH', 'write'],
  ])('%s needs to %s', (method, wanted) => {
    const asked: string[] = [];
    const allows: Rights['allows'] = (permission, name) => asked.push(`${permission} ${name}`) > 0;
    requirePermission(method, BLOB, rights({ allows }));
    expect(asked).toEqual([`${wanted} app`]);
  });

  it('that is missing is UNAUTHORIZED without a login, and DENIED with one', () => {
    expect(() => requirePermission('PUT', BLOB, rights({ allows: reads }))).toThrow(
      expect.objectContaining({ code: 'UNAUTHORIZED' }) as Error,
    );
    const known = rights({ allows: reads, user: 'ada' });
    expect(() => requirePermission('PUT', BLOB, known)).toThrow(
      'app: user ada has no write permission',
    );
    requirePermission('GET', BLOB, known);
  });

  it.each<Route>([{ kind: 'version' }, { kind: 'catalog' }])(
    'for $kind is a login, or that all may be read',
    (route) => {
      requirePermission('GET', route, rights({ user: 'ada' }));
      requirePermission('GET', route, rights({ readsAll: true }));
      expect(() => requirePermission('GET', route, rights())).toThrow(
        expect.objectContaining({ code: 'UNAUTHORIZED' }) as Error,
      );
    },
  );
});
