import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { isRepository } from '../../oci/reference.js';
import { answer, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';
import { parseContentRange } from './range.js';
import { digestOf } from './routes.js';

/** POST: mounts a blob, stores a complete blob, or starts an upload. */
export async function startUpload(exchange: Exchange, name: string): Promise<void> {
  const { query } = exchange;
  const storage = exchange.storage();
  const { uploads } = storage;
  const mount = query.get('mount');
  if (mount !== null) {
    const digest = digestOf(mount);
    const from = query.get('from') ?? undefined;
    if (from !== undefined && !isRepository(from))
      throw new Problem(
        'NAME_INVALID',
        `from: ${JSON.stringify(from)} is not a valid name of a repository`,
      );
    const { allows, readsAll } = exchange.rights;
    // Without `from` every repository is searched, so all of them must be readable.
    const isAllowed = from === undefined ? readsAll : allows('read', from);
    if (isAllowed && (await storage.mount(name, digest, from)))
      return answerCreated(exchange, name, digest);
  }
  const whole = query.get('digest');
  const digest = whole === null ? undefined : digestOf(whole);
  const id = await uploads.start(name);
  if (digest === undefined) return answerAccepted(exchange, name, id, 0);
  try {
    await uploads.append(name, id, exchange.body, exchange);
    await complete(exchange, name, id, digest);
  } catch (error) {
    // The client does not know the upload's location, so it cannot resume it.
    await uploads.cancel(name, id).catch(() => undefined);
    throw error;
  }
}

/** PATCH: appends a chunk; without `Content-Range` at the end of the upload. */
export async function appendUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const size = await append(exchange, name, id);
  answerAccepted(exchange, name, id, size);
}

/** PUT: appends the last chunk, if any, and completes the upload. */
export async function finishUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const text = exchange.query.get('digest');
  if (text === null) throw new Problem('DIGEST_INVALID', 'the query parameter digest is missing');
  const digest = digestOf(text);
  const { headers } = exchange.request;
  const isEmpty = headers['content-length'] === '0' || !hasBody(exchange);
  if (!isEmpty) await append(exchange, name, id);
  await complete(exchange, name, id, digest);
}

/** GET: reports the number of bytes received. */
export async function sendUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  const size = await requireUpload(exchange.storage().uploads.size(name, id));
  answer(exchange, 204, uploadHeaders(name, id, size));
}

/** DELETE: cancels the upload. */
export async function cancelUpload(exchange: Exchange, name: string, id: string): Promise<void> {
  await requireUpload(exchange.storage().uploads.cancel(name, id));
  answer(exchange, 204);
}

function hasBody({ request: { headers } }: Exchange): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

async function append(exchange: Exchange, name: string, id: string): Promise<number> {
  const { request, body, signal } = exchange;
  const { uploads } = exchange.storage();
  const header = request.headers['content-range'];
  const range = header === undefined ? undefined : parseContentRange(header);
  if (header !== undefined && !range)
    throw new Problem('BLOB_UPLOAD_INVALID', `content-range: expected START-END, got ${header}`);
  const length = request.headers['content-length'];
  if (range && length !== undefined && range.size !== Number(length))
    throw new Problem(
      'SIZE_INVALID',
      `Content-Range has ${range.size} bytes, but Content-Length says ${length}`,
    );
  try {
    return await requireUpload(uploads.append(name, id, body, { signal, at: range?.start }));
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'CONFLICT') throw error;
    const size = await requireUpload(uploads.size(name, id));
    throw new Problem('BLOB_UPLOAD_INVALID', error.message, {
      status: 416,
      headers: uploadHeaders(name, id, size),
    });
  }
}

async function complete(
  exchange: Exchange,
  name: string,
  id: string,
  digest: Digest,
): Promise<void> {
  try {
    await requireUpload(exchange.storage().uploads.finish(name, id, digest));
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'CORRUPT') throw error;
    throw new Problem('DIGEST_INVALID', error.message);
  }
  answerCreated(exchange, name, digest);
}

/** Converts NOT_FOUND. @throws Problem BLOB_UPLOAD_UNKNOWN */
async function requireUpload<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'NOT_FOUND') throw error;
    throw new Problem('BLOB_UPLOAD_UNKNOWN', error.message);
  }
}

function answerCreated(exchange: Exchange, name: string, digest: Digest): void {
  const location = `/v2/${name}/blobs/${digest}`;
  answer(exchange, 201, { location, 'docker-content-digest': digest });
}

function answerAccepted(exchange: Exchange, name: string, id: string, size: number): void {
  answer(exchange, 202, uploadHeaders(name, id, size));
}

/** An empty upload is reported as `0-0`, as other registries do. */
function uploadHeaders(name: string, id: string, size: number): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
  };
}
