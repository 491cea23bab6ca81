import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { itsTurn, openFile } from './send-file.js';

/** Bytes that differ from one position to the next. */
const CONTENT = Buffer.alloc(20_000_003, Buffer.from(Array.from({ length: 251 }, (_, at) => at)));

/** Serves a file; the path of a request says which part. */
async function serving() {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, CONTENT);
  let failed: (error: unknown) => void = () => undefined;
  const counts = { asked: 0, opened: 0 };
  const failure = new Promise<unknown>((resolve) => (failed = resolve));
  const server = createServer((request, response) => {
    const [start = 0, end = 0] = (request.url ?? '').slice(1).split('-').map(Number);
    counts.asked++;
    const send = async (): Promise<void> => {
      await itsTurn(response);
      counts.opened++;
      using file = openFile(path);
      response.writeHead(200, { 'content-length': end - start });
      await file?.send(response, { start, end });
    };
    send().catch((error: unknown) => {
      response.destroy();
      failed(error);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { path, port, url: `http://127.0.0.1:${port}`, failure, counts };
}

it.each([
  [0, 1],
  [5, 131_077],
  [5, 131_078],
  [0, CONTENT.length],
  [3, 600_000],
])('sends the bytes from %i to %i', async (start, end) => {
  const { url } = await serving();
  const parts = await Promise.all(Array.from({ length: 3 }, () => fetch(`${url}/${start}-${end}`)));
  for (const part of parts)
    expect(CONTENT.subarray(start, end).equals(Buffer.from(await part.arrayBuffer()))).toBe(true);
});

it('fails when the file is shorter than it was', async () => {
  const { path, url, failure } = await serving();
  await truncate(path, 10_000_000);
  const answer = await fetch(`${url}/0-${CONTENT.length}`);
  await expect(answer.arrayBuffer()).rejects.toThrow();
  expect(String(await failure)).toContain('shorter');
});

it('fails when the client leaves; a response that waits for an earlier one opens nothing', async () => {
  const { port, failure, counts } = await serving();
  const client = connect(port, '127.0.0.1');
  // It reads nothing, so that the first response never ends.
  client.pause().write(`GET /0-${CONTENT.length} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(20));
  await expect.poll(() => counts.asked).toBe(20);
  client.destroy();
  expect(String(await failure)).toMatch(/disconnected|closed|ECONN|ECANCELED|EPIPE|destroyed/);
  expect(counts.opened).toBe(1);
});

it('opens neither a missing file nor a folder below a file', async () => {
  const { path } = await serving();
  expect([openFile(`${path}.none`), openFile(`${path}/x`)]).toEqual([undefined, undefined]);
});
