import { isDigest } from '../../oci/digest.js';
import type { RegistryRequest } from './request.js';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Says in words what a status of an answer means for a request. */
export function refusal({ method, headers }: RegistryRequest, status: number): string {
  const what = READS.has(method) ? 'read' : method === 'DELETE' ? 'delete' : 'write';
  const size = headers?.['content-length'];
  switch (status) {
    case 401:
      return `needs a login that may ${what} it`;
    case 403:
      return `this login may not ${what} it`;
    case 404:
      return 'not found';
    case 405:
    case 501:
      return `the registry does not support ${method}`;
    case 409:
      return 'the registry has other content there';
    case 413:
      return `too large for the registry: ${method}${size === undefined ? '' : ` of ${size} bytes`}`;
    case 415:
      return `the registry does not take the media type ${headers?.['content-type'] ?? 'of this content'}`;
    case 429:
      return 'the registry asks for fewer requests';
    default:
      return status >= 500 ? 'the registry failed' : `the registry refused ${method}`;
  }
}

const ROUTE = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/;

/** The image or repository that a request is about, as users write it; else host and path. */
export function subjectOf({ host, pathname }: URL, registry: string): string {
  const [, repository, kind, reference = ''] = ROUTE.exec(pathname) ?? [];
  if (repository === undefined) return `${host}${pathname}`;
  const name = `${registry}/${repository}`;
  if (kind !== 'manifests') return isDigest(reference) ? `${name}@${reference}` : name;
  return `${name}${isDigest(reference) ? '@' : ':'}${reference}`;
}
