import { isDigest, type Digest } from '../../oci/digest.js';
import { isRepository, isTag } from '../../oci/reference.js';
import { Problem } from '../problem.js';

/** An endpoint of a registry (OCI distribution spec 1.1, § Endpoints). */
export type Route =
  | { readonly kind: 'version' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: Digest }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: Digest };

const UPLOAD_ID = /^[0-9a-f]{32}$/;

/**
 * Parses a request path; undefined if it is not an endpoint below `/v2/`.
 *
 * @param path path as sent (percent-encoded), without the query
 * @throws Problem NAME_INVALID, DIGEST_INVALID, TAG_INVALID, BLOB_UPLOAD_UNKNOWN
 */
export function parseRoute(path: string): Route | undefined {
  if (path === '/v2/' || path === '/v2') return { kind: 'version' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  const parts = path.split('/').map(decodeSegment);
  if (parts.shift() !== '' || parts.shift() !== 'v2') return undefined;
  const [before, last = ''] = [parts.slice(0, -1), parts.at(-1)];
  const ends = (...words: readonly string[]) =>
    before.length > words.length &&
    words.every((word, at) => before.at(at - words.length) === word);
  const name = (...words: readonly string[]) =>
    nameOf(before.slice(0, before.length - words.length).join('/'));
  if (ends('blobs', 'uploads'))
    return last === ''
      ? { kind: 'uploads', name: name('blobs', 'uploads') }
      : { kind: 'upload', name: name('blobs', 'uploads'), id: idOf(last) };
  // Some clients omit the trailing slash.
  if (ends('blobs') && last === 'uploads') return { kind: 'uploads', name: name('blobs') };
  if (ends('tags') && last === 'list') return { kind: 'tags', name: name('tags') };
  if (ends('manifests'))
    return { kind: 'manifest', name: name('manifests'), reference: referenceOf(last) };
  if (ends('blobs')) return { kind: 'blob', name: name('blobs'), digest: digestOf(last) };
  if (ends('referrers'))
    return { kind: 'referrers', name: name('referrers'), digest: digestOf(last) };
  return undefined;
}

/** Some clients send a colon as `%3A`. `%2F` is not decoded: an encoded slash could bypass path-based access rules. */
function decodeSegment(part: string): string {
  try {
    const text = decodeURIComponent(part);
    return text.includes('/') ? part : text;
  } catch {
    return part;
  }
}

function nameOf(name: string): string {
  if (isRepository(name)) return name;
  throw new Problem('NAME_INVALID', `${JSON.stringify(name)} is not a valid name of a repository`);
}

function idOf(id: string): string {
  if (UPLOAD_ID.test(id)) return id;
  throw new Problem('BLOB_UPLOAD_UNKNOWN', `${JSON.stringify(id)} is not the ID of an upload`);
}

function referenceOf(reference: string): string {
  if (reference.includes(':')) return digestOf(reference);
  if (isTag(reference)) return reference;
  throw new Problem('TAG_INVALID', `${JSON.stringify(reference)} is not a valid tag`);
}

export function digestOf(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Problem(
    'DIGEST_INVALID',
    `digest: expected sha256:<64 hex> or sha512:<128 hex>, got ${JSON.stringify(text)}`,
  );
}
