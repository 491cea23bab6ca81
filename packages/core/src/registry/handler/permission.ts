import { challenge, type Rights } from '../access/access.js';
import { Problem } from '../problem.js';
import type { Route } from './routes.js';

/** Checks that a request has the permission for its route. @throws Problem UNAUTHORIZED (no login), DENIED */
export function requirePermission(
  method: string,
  route: Route,
  { user, allows, readsAll }: Rights,
): void {
  const wanted = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  // At `/v2/` clients find out whether to log in. The catalog is filtered by what the user may read.
  const isOpen = 'name' in route ? allows(wanted, route.name) : user !== undefined || readsAll;
  if (isOpen) return;
  if (user === undefined) throw challenge();
  const name = 'name' in route ? route.name : '';
  throw new Problem('DENIED', `${name}: user ${user} has no ${wanted} permission`);
}
