import { ImageError } from '../../errors.js';
import { algorithmOf, digestOf, isDigest, type Digest } from '../../oci/digest.js';
import { isObject, parseJson } from '../../oci/json.js';
import { asReferrer, parseManifest, type Manifest } from '../../oci/manifest.js';
import { isManifestType } from '../../oci/media-types.js';
import { isTag } from '../../oci/reference.js';
import { sendContent } from './content.js';
import { announcedSize, answer, readBody, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';

/** GET and HEAD, by tag or digest. */
export async function sendManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const manifest = await exchange.hosted.manifest(name, reference, { signal: exchange.signal });
  if (!manifest) throw await unknown(exchange, name, reference);
  await sendContent(exchange, name, manifest);
}

export async function deleteManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const hosting = exchange.hosting();
  const isGone = isDigest(reference)
    ? await hosting.removeManifest(name, reference)
    : await hosting.removeTag(name, reference);
  if (!isGone) throw await unknown(exchange, name, reference);
  answer(exchange, 202);
}

/** PUT: under a tag, or under its digest and the tags of the query. */
export async function putManifest(
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const hosting = exchange.hosting();
  const tags = isDigest(reference) ? exchange.query.getAll('tag') : [reference];
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined)
    throw new Problem('TAG_INVALID', `tag: expected a valid one, got ${JSON.stringify(wrong)}`);
  using _ = exchange.reserve(announcedSize(exchange));
  const bytes = await readBody(exchange);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : 'sha256');
  if (isDigest(reference) && digest !== reference)
    throw new Problem('DIGEST_INVALID', `manifest: expected ${reference}, got ${digest}`);
  const document = documentIn(bytes);
  const mediaType = typeOf(exchange, document);
  const manifest = checked(mediaType, document, bytes);
  const descriptor = asReferrer({ mediaType, digest, size: bytes.byteLength }, manifest, bytes);
  const subject = manifest.subject?.digest;
  try {
    await hosting.putManifest(
      name,
      { descriptor, subject, children: needed(document, manifest), bytes },
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

/** The media type in the content counts where the request names none. */
function typeOf({ request }: Exchange, document: unknown): string {
  const said = request.headers['content-type']?.split(';', 1)[0]?.trim();
  if (said !== undefined && said !== '') return said;
  if (isObject(document) && typeof document['mediaType'] === 'string') return document['mediaType'];
  throw new Problem('MANIFEST_INVALID', 'manifest: expected a content-type, got none');
}

function documentIn(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, 'manifest');
  } catch (error) {
    throw invalid(error);
  }
}

function checked(mediaType: string, document: unknown, bytes: Uint8Array): Manifest {
  if (isObject(document) && document['schemaVersion'] !== 2)
    throw new Problem(
      'MANIFEST_INVALID',
      `manifest: expected schemaVersion 2, got ${JSON.stringify(document['schemaVersion']) ?? 'none'}`,
    );
  try {
    return parseManifest(mediaType, bytes);
  } catch (error) {
    throw invalid(error);
  }
}

function invalid(error: unknown): unknown {
  // Its size was checked before: a limit that is hit here is one on its structure.
  if (!(error instanceof ImageError)) return error;
  return new Problem('MANIFEST_INVALID', error.message, { cause: error });
}

/** Content that this repository must hold. Only a layer of an image may lie elsewhere (`urls`). */
function needed(document: unknown, manifest: Manifest): Digest[] {
  if (manifest.kind === 'index') return manifest.manifests.map(({ digest }) => digest);
  const said: unknown = isObject(document) ? document['layers'] : undefined;
  const own = manifest.layers.filter(
    ({ mediaType }, at) =>
      isManifestType(mediaType) || !liesElsewhere(Array.isArray(said) ? said[at] : undefined),
  );
  return [...own, manifest.config].map(({ digest }) => digest);
}

function liesElsewhere(layer: unknown): boolean {
  return isObject(layer) && Array.isArray(layer['urls']) && layer['urls'].length > 0;
}

async function unknown({ hosted }: Exchange, name: string, reference: string): Promise<Problem> {
  return (await hosted.tags(name, { limit: 0 })) === undefined
    ? new Problem('NAME_UNKNOWN', `${name}: expected a repository, got none`)
    : new Problem('MANIFEST_UNKNOWN', `${name}: expected ${reference}, got none`);
}
