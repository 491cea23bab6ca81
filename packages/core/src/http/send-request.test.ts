import { randomBytes } from 'node:crypto';
import { request, type IncomingMessage, type RequestListener } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collect, inChunks, lentChunks } from '../../testing/chunks.js';
import { listening } from '../../testing/listening.js';
import { sendRequest } from './send-request.js';

/** Begins a request to a server that answers as given. */
async function requestTo(answer: RequestListener) {
  const address = await listening(answer);
  return request(`http://${address}/`, { method: 'PUT' });
}

/** Answers with the body that was sent. */
const echo: RequestListener = (message, response) => void message.pipe(response);

const textOf = (response: IncomingMessage) => collect(response);

describe('a request', () => {
  it.each([
    ['none', undefined, ''],
    ['text', 'hello', 'hello'],
    ['bytes', Buffer.from('hello'), 'hello'],
    ['a stream', inChunks(Buffer.from('hello'), 2), 'hello'],
  ])('sends its body: %s', async (_what, body, expected) => {
    expect(await textOf(await sendRequest(await requestTo(echo), body))).toBe(expected);
  });

  it('sends lent chunks as they were, however slowly the server takes them', async () => {
    const content = randomBytes(8 * 1024 * 1024 + 5);
    const got: Buffer[] = [];
    const take = async (message: IncomingMessage): Promise<void> => {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        got.push(chunk);
        if (got.length % 16 === 0) await setTimeout(2);
      }
    };
    const sent = await requestTo(
      (message, response) => void take(message).then(() => response.end()),
    );
    await (await sendRequest(sent, lentChunks(content, 1024 * 1024))).toArray();
    expect(Buffer.compare(Buffer.concat(got), content)).toBe(0);
  });

  it('times out where the server does not take its body, in large chunks or in small ones', async () => {
    async function* endless(size: number) {
      for (;;) yield Buffer.alloc(size);
    }
    for (const size of [1024, 1024 * 1024]) {
      const sent = await requestTo((message) => void message.pause());
      await expect(sendRequest(sent, endless(size), { timeout: 50 })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
    }
  });

  it('whose body fails is aborted, with the error of the body', async () => {
    let isClosed: Promise<unknown> | undefined;
    const sent = await requestTo((message, response) => {
      isClosed = new Promise((resolve) => response.once('close', resolve));
      message.resume();
    });
    async function* failing() {
      yield Buffer.from('a');
      await new Promise(setImmediate);
      throw new TypeError('mine');
    }
    await expect(sendRequest(sent, failing())).rejects.toThrow('mine');
    await isClosed;
    expect(sent.destroyed).toBe(true);
  });

  it('whose body fails after the answer began fails in the answer', async () => {
    let fail: ((error: Error) => void) | undefined;
    const failure = new Promise<never>((_resolve, reject) => (fail = reject));
    failure.catch(() => undefined);
    async function* body() {
      yield Buffer.from('a');
      yield await failure;
    }
    const sent = await requestTo((_message, response) => void response.write('begun'));
    const response = await sendRequest(sent, body());
    const reading = textOf(response);
    fail?.(new TypeError('mine'));
    await expect(reading).rejects.toThrow('mine');
  });

  it('is refused with the error of the connection', async () => {
    const address = await listening(() => undefined);
    const sent = request(`http://${address}/`, { method: 'PUT' });
    sent.once('socket', (socket) => socket.destroy());
    await expect(sendRequest(sent, 'x')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('times out where the server does not answer', async () => {
    const sent = await requestTo((message) => void message.resume());
    await expect(sendRequest(sent, 'x', { timeout: 20 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    expect(sent.destroyed).toBe(true);
  });

  it('times out where the server does not go on with its answer', async () => {
    const sent = await requestTo((_message, response) => void response.write('begun'));
    const reading = sendRequest(sent, 'x', { timeout: 20 }).then(textOf);
    await expect(reading).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('does not time out while its own body is slow', async () => {
    let isIdle = false;
    async function* slow() {
      yield Buffer.from('a');
      await expect.poll(() => isIdle).toBe(true);
      // From here on, the server may be slow.
      sent.setTimeout(0);
      yield Buffer.from('b');
    }
    const sent = await requestTo(echo);
    sent.once('timeout', () => (isIdle = true));
    expect(await textOf(await sendRequest(sent, slow(), { timeout: 10 }))).toBe('ab');
  });

  it('is aborted when the answer ends before the body was sent', async () => {
    async function* endless() {
      for (;;) {
        yield Buffer.alloc(64 * 1024);
        await new Promise(setImmediate);
      }
    }
    const sent = await requestTo((_message, response) => void response.writeHead(413).end('no'));
    const response = await sendRequest(sent, endless());
    expect([response.statusCode, await textOf(response)]).toEqual([413, 'no']);
    await expect.poll(() => sent.destroyed).toBe(true);
  });
});
