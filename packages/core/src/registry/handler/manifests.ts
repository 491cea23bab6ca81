import { ImageError } from '../../errors.js';
import { algorithmOf, digestOf, isDigest } from '../../oci/digest.js';
import { isObject, parseJson } from '../../oci/json.js';
import { referrerOf, parseManifest, type Manifest } from '../../oci/manifest.js';
import { isTag } from '../../oci/reference.js';
import { sendContent } from './content.js';
import { announcedSize, answer, readBody, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';
import { requiredDigests } from '../required-digests.js';

/** Answers GET and HEAD of a manifest, by tag or digest. */
export async function sendManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const manifest = await exchange.reader.manifest(name, reference, exchange);
  if (!manifest) throw await manifestUnknown(exchange, name, reference);
  await sendContent(exchange, name, manifest);
}

export async function deleteManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const storage = exchange.storage();
  const existed = isDigest(reference)
    ? await storage.removeManifest(name, reference)
    : await storage.removeTag(name, reference);
  if (!existed) throw await manifestUnknown(exchange, name, reference);
  answer(exchange, 202);
}

/** Answers PUT of a manifest by tag, or by digest with optional `tag` query parameters. */
export async function putManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const storage = exchange.storage();
  const tags = isDigest(reference) ? exchange.query.getAll('tag') : [reference];
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined)
    throw new Problem('TAG_INVALID', `${JSON.stringify(wrong)} is not a valid tag`);
  using _ = await exchange.reserve(announcedSize(exchange));
  const bytes = await readBody(exchange);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : 'sha256');
  if (isDigest(reference) && digest !== reference)
    throw new Problem('DIGEST_INVALID', `manifest: its digest is ${digest}, not ${reference}`);
  const document = parseDocument(bytes);
  const mediaType = mediaTypeOf(exchange, document);
  const manifest = checkManifest(mediaType, document, bytes);
  const descriptor = referrerOf({ mediaType, digest, size: bytes.byteLength }, manifest, bytes);
  const subject = manifest.subject?.digest;
  try {
    await storage.putManifest(
      name,
      { descriptor, subject, children: requiredDigests(manifest), bytes },
      tags,
    );
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'INCOMPLETE') throw error;
    throw new Problem('MANIFEST_BLOB_UNKNOWN', error.message);
  }
  answer(exchange, 201, {
    location: `/v2/${name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject === undefined ? {} : { 'oci-subject': subject }),
    ...(isDigest(reference) && tags.length > 0 ? { 'oci-tag': tags } : {}),
  });
}

/** The media type of `Content-Type`, else of the document itself. */
function mediaTypeOf({ request }: Exchange, document: unknown): string {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim();
  if (type !== undefined && type !== '') return type;
  if (isObject(document) && typeof document['mediaType'] === 'string') return document['mediaType'];
  throw new Problem(
    'MANIFEST_INVALID',
    'manifest: neither Content-Type nor mediaType says its type',
  );
}

function parseDocument(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, 'manifest');
  } catch (error) {
    throw manifestInvalid(error);
  }
}

function checkManifest(mediaType: string, document: unknown, bytes: Uint8Array): Manifest {
  if (isObject(document) && document['schemaVersion'] !== 2)
    throw new Problem(
      'MANIFEST_INVALID',
      `manifest: expected schemaVersion 2, got ${JSON.stringify(document['schemaVersion']) ?? 'none'}`,
    );
  try {
    return parseManifest(mediaType, bytes);
  } catch (error) {
    throw manifestInvalid(error);
  }
}

function manifestInvalid(error: unknown): unknown {
  // The size was checked before, so TOO_LARGE here concerns the structure: the manifest is invalid.
  if (!(error instanceof ImageError)) return error;
  return new Problem('MANIFEST_INVALID', error.message, { cause: error });
}

async function manifestUnknown(
  { reader, request, signal }: Exchange,
  name: string,
  reference: string,
): Promise<Problem> {
  // The repository is taken for known where an upstream does not tell, and for HEAD, whose response has no code.
  const tags =
    request.method === 'HEAD'
      ? []
      : await reader.tags(name, { limit: 0 }, { signal }).catch(() => []);
  return tags === undefined
    ? new Problem('NAME_UNKNOWN', `no repository ${name}`)
    : new Problem(
        'MANIFEST_UNKNOWN',
        `no ${isDigest(reference) ? `manifest ${reference}` : `tag ${JSON.stringify(reference)}`} in ${name}`,
      );
}
