import type { Digest } from '../../oci/digest.js';
import { sendContent } from './content.js';
import { answer, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';

/** Answers GET and HEAD of a blob. */
export async function sendBlob(exchange: Exchange, name: string, digest: Digest): Promise<void> {
  const blob = await exchange.reader.blob(name, digest, {
    get signal() {
      return exchange.signal;
    },
    isRead: exchange.request.method === 'HEAD' ? false : undefined,
  });
  if (!blob) throw blobUnknown(name, digest);
  await sendContent(exchange, name, blob);
}

export async function deleteBlob(exchange: Exchange, name: string, digest: Digest): Promise<void> {
  if (!(await exchange.storage().removeBlob(name, digest))) throw blobUnknown(name, digest);
  answer(exchange, 202);
}

function blobUnknown(name: string, digest: Digest): Problem {
  return new Problem('BLOB_UNKNOWN', `no blob ${digest} in ${name}`);
}
