import { request, type IncomingMessage, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../testing/chunks.js';
import { flood, listening } from '../../../testing/listening.js';
import { answerOf, readAnswer } from './answer.js';

async function answerBy(answer: RequestListener, method = 'GET') {
  const address = await listening(answer);
  const url = new URL(`http://${address}/x`);
  const message = await new Promise<IncomingMessage>((resolve, reject) =>
    request(url, { method }, resolve).on('error', reject).end(),
  );
  return { answer: answerOf(message, url, true), message };
}

describe('an answer', () => {
  it('has its status, and the first value of a header', async () => {
    const { answer } = await answerBy((_, response) => {
      response.setHeader('x-a', 'b');
      response.setHeader('set-cookie', ['1', '2']);
      response.writeHead(207).end('body');
    });
    expect([answer.status, answer.isOwn]).toEqual([207, true]);
    expect(['x-a', 'set-cookie', 'none'].map(answer.header)).toEqual(['b', '1', undefined]);
    expect(await collect(answer.body)).toBe('body');
  });

  it('is read up to its limit', async () => {
    const { answer } = await answerBy((_, response) => response.end('hello'));
    expect(String(await readAnswer(answer, { limit: 5, what: 'x' }))).toBe('hello');
    const large = await answerBy((_, response) => response.end('hello!'));
    await expect(readAnswer(large.answer, { limit: 5, what: 'the list' })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('the list: larger than the limit of 5 bytes') as string,
    });
  });

  it('that breaks off or takes too long is UNAVAILABLE', async () => {
    const broken = await answerBy((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('so', () => response.destroy());
    });
    const options = { limit: 1000, what: 'x' };
    await expect(readAnswer(broken.answer, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const slow = await answerBy((_, response) => void response.write('so'));
    await expect(readAnswer(slow.answer, { ...options, within: 10 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('no answer') as string,
    });
  });

  it('that is discarded is read if it is short, and cut off if it is long', async () => {
    const short = await answerBy((_, response) => response.end('x'.repeat(1000)));
    await short.answer.dump();
    expect(short.message.complete).toBe(true);
    const named = await answerBy((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write('x');
    });
    await named.answer.dump();
    expect(named.message.destroyed).toBe(true);
    const endless = await answerBy((_, response) => flood(response));
    await endless.answer.dump();
    await expect.poll(() => endless.message.socket.destroyed).toBe(true);
  });

  it('to HEAD names a length, and is not cut off', async () => {
    const { answer, message } = await answerBy(
      (_, response) => response.writeHead(200, { 'content-length': 1_000_000 }).end(),
      'HEAD',
    );
    await answer.dump();
    expect(message.complete).toBe(true);
  });

  it('that is cut fails with the reason', async () => {
    const { answer } = await answerBy((_, response) => void response.write('so'));
    const reading = collect(answer.body);
    answer.cut(new TypeError('mine'));
    await expect(reading).rejects.toThrow('mine');
  });
});
