import { expect, it } from 'vitest';
import { TestUpstream } from '../../packages/core/testing/upstream.js';
import { temporaryFolder } from './run.js';
import { startServe } from './served.js';

/** The body of an answer as it arrives. */
async function arriving(url: string) {
  const response = await fetch(url);
  const { status } = response;
  const body = response.body as ReadableStream<Uint8Array> | null;
  const reader = (body ?? new ReadableStream<Uint8Array>()).getReader();
  const first = (await reader.read()).value ?? new Uint8Array();
  const rest = async (): Promise<Buffer> => {
    const parts = [first];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(parts);
      parts.push(value);
    }
  };
  return { status, first, rest };
}

it('a blob that an upstream sends slowly streams to all clients of the mirror while it arrives', async () => {
  const upstream = await new TestUpstream().start();
  const whole = upstream.bytesOf(upstream.layer);
  let sendRest = (): void => undefined;
  // The upstream sends a third, and the rest only when both clients have begun to read.
  upstream.fault = ({ method, url = '' }, response) => {
    if (method !== 'GET' || !url.endsWith(upstream.layer)) return false;
    response.writeHead(200, { 'content-length': whole.length });
    response.write(whole.subarray(0, 100_000));
    sendRest = () => void response.end(whole.subarray(100_000));
    return true;
  };
  const { url } = await startServe([
    ...['--root', await temporaryFolder()],
    ...['--upstream', `http://${upstream.address}`],
  ]);
  const blob = `${url}/v2/app/blobs/${upstream.layer}`;
  expect((await fetch(blob, { method: 'HEAD' })).headers.get('content-length')).toBe('300000');
  expect(upstream.requests.filter((each) => each.startsWith('GET') && /blobs/.test(each))).toEqual(
    [],
  );
  const clients = [await arriving(blob), await arriving(blob)];
  for (const { status, first } of clients) {
    expect(status).toBe(200);
    expect(first.length).toBeGreaterThan(0);
    expect(whole.subarray(0, first.length).equals(first)).toBe(true);
  }
  sendRest();
  for (const { rest } of clients) expect((await rest()).equals(whole)).toBe(true);
  const again = await fetch(blob);
  expect(Buffer.from(await again.arrayBuffer()).equals(whole)).toBe(true);
  const fetched = upstream.requests.filter(
    (each) => each === `GET /v2/app/blobs/${upstream.layer}`,
  );
  expect(fetched).toHaveLength(1);
});
