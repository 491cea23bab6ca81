import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { isRepository } from '../../oci/reference.js';
import { answer, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';
import { parseContentRange } from './range.js';
import { digestOf } from './routes.js';

/** POST: mounts, takes a whole blob, or begins an upload. */
export async function startUpload(exchange: Exchange, name: string): Promise<void> {
  const { query } = exchange;
  const hosting = exchange.hosting();
  const { uploads } = hosting;
  const mount = query.get('mount');
  if (mount !== null) {
    const digest = digestOf(mount);
    const from = query.get('from') ?? undefined;
    if (from !== undefined && !isRepository(from))
      throw new Problem('NAME_INVALID', `from: expected a valid name, got ${JSON.stringify(from)}`);
    const { may, readsAll } = exchange.rights;
    // Without `from` every repository is searched, so all of them must be readable.
    const isAllowed = from === undefined ? readsAll : may('read', from);
    if (isAllowed && (await hosting.mount(name, digest, from)))
      return created(exchange, name, digest);
  }
  const whole = query.get('digest');
  const digest = whole === null ? undefined : digestOf(whole);
  const id = await uploads.start(name);
  if (digest === undefined) return accepted(exchange, name, id, 0);
  try {
    await uploads.append(name, id, exchange.body, exchange);
    await finished(exchange, name, id, digest);
  } catch (error) {
    // The client never learned its location, so it cannot go on with it.
    await uploads.cancel(name, id).catch(() => undefined);
    throw error;
  }
}

/** PATCH: one more piece, or, without a place, as much as comes. */
export async function appendUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const size = await append(exchange, name, id);
  accepted(exchange, name, id, size);
}

/** PUT: the rest, if there is any, and the end. */
export async function finishUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const said = exchange.query.get('digest');
  if (said === null) throw new Problem('DIGEST_INVALID', 'digest: expected one, got none');
  const digest = digestOf(said);
  const { headers } = exchange.request;
  const isEmpty = headers['content-length'] === '0' || !hasBody(exchange);
  if (!isEmpty) await append(exchange, name, id);
  await finished(exchange, name, id, digest);
}

/** GET: how far it is. */
export async function sendUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const size = await known(exchange.hosting().uploads.size(name, id));
  answer(exchange, 204, placeOf(name, id, size));
}

export async function cancelUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  await known(exchange.hosting().uploads.cancel(name, id));
  answer(exchange, 204);
}

function hasBody({ request: { headers } }: Exchange): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

async function append(exchange: Exchange, name: string, id: string): Promise<number> {
  const { request, body, signal } = exchange;
  const { uploads } = exchange.hosting();
  const header = request.headers['content-range'];
  const place = header === undefined ? undefined : parseContentRange(header);
  if (header !== undefined && !place)
    throw new Problem('BLOB_UPLOAD_INVALID', `content-range: expected START-END, got ${header}`);
  const length = request.headers['content-length'];
  if (place && length !== undefined && place.size !== Number(length))
    throw new Problem(
      'SIZE_INVALID',
      `content-range: expected ${length} bytes as content-length says, got ${place.size}`,
    );
  try {
    return await known(uploads.append(name, id, body, { signal, at: place?.start }));
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'CONFLICT') throw error;
    const size = await known(uploads.size(name, id));
    throw new Problem('BLOB_UPLOAD_INVALID', error.message, {
      status: 416,
      headers: placeOf(name, id, size),
    });
  }
}

async function finished(
  exchange: Exchange,
  name: string,
  id: string,
  digest: Digest,
): Promise<void> {
  try {
    await known(exchange.hosting().uploads.finish(name, id, digest));
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'CORRUPT') throw error;
    throw new Problem('DIGEST_INVALID', error.message);
  }
  created(exchange, name, digest);
}

/** @throws Problem BLOB_UPLOAD_UNKNOWN */
async function known<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'NOT_FOUND') throw error;
    throw new Problem('BLOB_UPLOAD_UNKNOWN', error.message);
  }
}

function created(exchange: Exchange, name: string, digest: Digest): void {
  const location = `/v2/${name}/blobs/${digest}`;
  answer(exchange, 201, { location, 'docker-content-digest': digest });
}

function accepted(exchange: Exchange, name: string, id: string, size: number): void {
  answer(exchange, 202, placeOf(name, id, size));
}

/** An empty upload is reported as `0-0`, as other registries do. */
function placeOf(name: string, id: string, size: number): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  };
}
