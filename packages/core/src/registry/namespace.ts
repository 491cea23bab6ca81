import { isRepository } from '../oci/reference.js';
import { Problem } from './problem.js';

/**
 * The first component of the repositories here that mirror a registry: its host, with `_` before the port. No host name
 * has an underscore, so two registries never share a component. Undefined if the name cannot be a component.
 */
export function componentOf(registry: string): string | undefined {
  const component = registry.toLowerCase().replace(/:(?=\d+$)/, '_');
  return isRepository(component) && !component.includes('/') ? component : undefined;
}

/**
 * The repository that a client means who names a registry, too: containerd adds it to requests to a mirror, as `?ns=`.
 *
 * @param registries the registries that can be named; when there are none, `ns` is ignored.
 * @throws Problem NAME_UNKNOWN (another registry)
 */
export function repositoryIn(
  registries: ReadonlySet<string> | undefined,
  ns: string | null,
  repository: string,
): string {
  if (ns === null || !registries || registries.size === 0) return repository;
  const component = componentOf(ns);
  const name = `${component ?? ''}/${repository}`;
  if (component !== undefined && registries.has(component) && isRepository(name)) return name;
  throw new Problem('NAME_UNKNOWN', `ns: the registry ${ns} is not mirrored here`);
}
