import type { ClientRequest, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../transfer/store.js';

export interface SendRequestOptions {
  /** How long the other side may do nothing (ms): neither take nor answer, nor send more of an answer. */
  readonly patience?: number | undefined;
}

/**
 * Sends the body of a request, and waits for the head of its answer, whose body is read as it comes.
 *
 * When the body fails, the request is cut off, and the body's own error is thrown, here or by the answer. An answer that
 * ends before the body does ends the request, too.
 *
 * @throws what `node:http` does (`ECONNRESET`, …), with `ETIMEDOUT` where patience ends; what the body does
 */
export async function sendRequest(
  request: ClientRequest,
  body: Bytes | Uint8Array | string | undefined,
  { patience }: SendRequestOptions = {},
): Promise<IncomingMessage> {
  let answer: IncomingMessage | undefined;
  let broken: Error | undefined;
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  // It is waited for below; what fails meanwhile is no surprise.
  answered.catch(() => undefined);
  if (patience !== undefined)
    request.setTimeout(patience, () => {
      // That our own content comes slowly, or is read slowly, is not the other side's fault.
      const isOurs = answer
        ? answer.readableLength > 0
        : !request.writableFinished && !request.writableNeedDrain;
      if (isOurs) return;
      const late = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
      (answer ?? request).destroy(late);
    });
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array)
    request.end(body);
  else {
    const content = Readable.from(body, { objectMode: false });
    content.once('error', (error) => {
      if (!request.destroyed) broken = error;
    });
    pipeline(content, request).catch(() => {
      if (broken) answer?.destroy(broken);
    });
  }
  try {
    answer = await answered;
  } catch (error) {
    throw broken ?? error;
  }
  answer.once('end', () => {
    if (!request.writableFinished) request.destroy();
  });
  return answer;
}
