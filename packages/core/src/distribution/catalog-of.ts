import { parseJsonObject } from '../oci/json.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { isRepository } from '../oci/reference.js';
import type { CallOptions } from '../transfer/store.js';
import { MAX_LIST_BYTES, readPages } from './pages.js';
import type { RegistryClient } from './transport/client.js';

const CATALOG_LIMITS = { ...DEFAULT_LIMITS, manifestBytes: MAX_LIST_BYTES };

/**
 * The repositories of a registry, by `GET /v2/_catalog` (Docker Registry HTTP API V2 § Catalog; the OCI specification has
 * none). Invalid names are left out: no request can use them, and they could contain other path segments.
 *
 * @throws ImageError NOT_FOUND, UNSUPPORTED, UNAUTHORIZED, DENIED (by which registries refuse it), TOO_LARGE, UNAVAILABLE
 */
export async function* catalogOf(
  client: RegistryClient,
  { signal }: CallOptions = {},
): AsyncIterable<string> {
  const what = 'the repositories';
  const request = {
    url: '/v2/_catalog?n=1000',
    scope: 'registry:catalog:*',
    required: true,
    signal,
  };
  for await (const bytes of readPages(client, request, what)) {
    const { repositories } = parseJsonObject(bytes, what, CATALOG_LIMITS);
    for (const name of Array.isArray(repositories) ? (repositories as unknown[]) : [])
      if (typeof name === 'string' && isRepository(name)) yield name;
  }
}
