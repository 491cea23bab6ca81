import { repositoryIn } from '../namespace.js';
import type { Route } from './routes.js';

/** The route to the repository that `?ns=` and the path name together. @throws Problem NAME_UNKNOWN */
export function inNamespace(
  route: Route | undefined,
  { query }: { readonly query: URLSearchParams },
  { namespaces }: { readonly namespaces?: ReadonlySet<string> | undefined },
): Route | undefined {
  if (!route || !('name' in route)) return route;
  return { ...route, name: repositoryIn(namespaces, query.get('ns'), route.name) };
}
