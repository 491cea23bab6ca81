import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { Problem } from '../problem.js';
import { sendProblem } from './send-problem.js';

const DENIED = new Problem('DENIED', 'not yours', { headers: { 'x-why': 'rules' } });
const refusing = () => listening((request, response) => sendProblem(request, response, DENIED));

it('a request gets the status, the headers and the document of a problem', async () => {
  const answer = await fetch(`http://${await refusing()}`);
  expect([answer.status, answer.headers.get('x-why')]).toEqual([403, 'rules']);
  expect(await answer.json()).toMatchObject({ errors: [{ code: 'DENIED', message: 'not yours' }] });
});

it('a HEAD request gets no document', async () => {
  const answer = await fetch(`http://${await refusing()}`, { method: 'HEAD' });
  expect([answer.status, await answer.text()]).toEqual([403, '']);
});

it('a client that still sends its body sees the problem, and then the end', async () => {
  const [host, port] = (await refusing()).split(':');
  const socket = connect(Number(port), host);
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write('PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n');
  await expect.poll(() => text).toContain('not yours');
  socket.write(Buffer.alloc(200_000));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(text).toMatch(/^HTTP\/1\.1 403 [^]*connection: close/i);
});

it('a response that has begun is cut, so that nobody takes it for whole', async () => {
  const address = await listening((request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('half');
    setImmediate(() => sendProblem(request, response, DENIED));
  });
  const answer = await fetch(`http://${address}`);
  await expect(answer.text()).rejects.toThrow();
});
