import { once } from 'node:events';
import { closeSync, openSync, read as readCallback, readSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { ignoreMissingSync, READ } from '../../disk/if-there.js';

const read = promisify(readCallback);

/** Content up to this size (bytes) is read at once, and sent with the headers in one write. */
export const SINGLE_READ_BYTES = 128 * 1024;

/** Buffers of {@link SINGLE_READ_BYTES} to use again, and how many of them are kept. */
const spare: Buffer[] = [];
const MAX_SPARE = 16;

/** Size (bytes) of each of the two buffers of a larger file: one is read into while the other is sent. */
const BUFFER_BYTES = 256 * 1024;

/** A file to send, open until it is disposed of. */
export interface OpenFile extends Disposable {
  /** Sends the bytes from `start` to `end` (exclusive) and ends the response. @throws when the file is shorter, or the client leaves */
  readonly send: (response: ServerResponse, part: FilePart) => Promise<void>;
}

interface FilePart {
  readonly start: number;
  readonly end: number;
}

/**
 * Waits for the earlier responses of the connection. A response whose turn has not come is not told when the client leaves, so
 * it must hold nothing open: then this never resolves.
 */
export async function itsTurn(response: ServerResponse): Promise<void> {
  if (!response.socket && !response.closed) await once(response, 'socket');
}

/** Opens a file to send; undefined when it is missing or a symbolic link. */
export function openFile(path: string): OpenFile | undefined {
  // Synchronous, like closing: a round trip to the thread pool would take longer.
  const file = ignoreMissingSync(() => openSync(path, READ));
  if (file === undefined) return undefined;
  return {
    send: (response, part) => sendPart(file, response, part),
    [Symbol.dispose]: () => closeSync(file),
  };
}

async function sendPart(
  file: number,
  response: ServerResponse,
  { start, end }: FilePart,
): Promise<void> {
  if (end - start <= SINGLE_READ_BYTES) return sendAtOnce(file, response, { start, end });
  const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)];
  using writer = writerTo(response);
  let writing: Promise<void> | undefined;
  for (let at = start; at < end; buffers.reverse()) {
    const part = buffers[0]?.subarray(0, end - at) ?? Buffer.alloc(0);
    await fill(file, part, at);
    at += part.byteLength;
    await writing;
    writing = writer.write(part);
    // Awaited before the next write; until then it must not be an unhandled rejection.
    writing.catch(() => undefined);
  }
  await writing;
  response.end();
}

/** Synchronous: for so few bytes a round trip to the thread pool takes longer than the rest of the response. */
function sendAtOnce(file: number, response: ServerResponse, { start, end }: FilePart): void {
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(SINGLE_READ_BYTES);
  const size = end - start;
  for (let at = 0; at < size; ) {
    const count = readSync(file, buffer, at, size - at, start + at);
    if (count === 0) throw tooShort();
    at += count;
  }
  response.end(buffer.subarray(0, size), () => {
    if (spare.length < MAX_SPARE) spare.push(buffer);
  });
}

/** Reads until the buffer is full: a single `read` may read less. */
async function fill(file: number, buffer: Buffer, start: number): Promise<void> {
  for (let at = 0; at < buffer.byteLength; ) {
    const { bytesRead } = await read(file, buffer, at, buffer.byteLength - at, start + at);
    if (bytesRead === 0) throw tooShort();
    at += bytesRead;
  }
}

/** Writes bytes, one call at a time; each resolves when its bytes are sent, so that the buffer can be used again. */
function writerTo(response: ServerResponse): Disposable & {
  readonly write: (bytes: Buffer) => Promise<void>;
} {
  let fail: ((error: Error) => void) | undefined;
  const onClose = () => fail?.(new Error('the client disconnected'));
  response.once('close', onClose);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        fail = reject;
        if (response.closed) onClose();
        else response.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    [Symbol.dispose]: () => void response.off('close', onClose),
  };
}

function tooShort(): Error {
  return new Error('a file of the registry is shorter than it was');
}
