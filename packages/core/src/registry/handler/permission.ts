import { challenge, type Rights } from '../access/access.js';
import { Problem } from '../problem.js';
import type { Route } from './routes.js';

/** @throws Problem UNAUTHORIZED (no login), DENIED */
export function requirePermission(
  method: string,
  route: Route,
  { user, may, readsAll }: Rights,
): void {
  const wanted = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  // Clients learn at the root whether to log in. The catalog lists the repositories that its reader may read.
  const isOpen = 'name' in route ? may(wanted, route.name) : user !== undefined || readsAll;
  if (isOpen) return;
  if (user === undefined) throw challenge();
  const name = 'name' in route ? route.name : '';
  throw new Problem('DENIED', `${name}: ${user} may not ${wanted} it`);
}
