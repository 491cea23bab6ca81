import { expect, it } from 'vitest';
import { agentRequests } from './agent-requests.js';

function request(type: number, content = ''): Buffer {
  const message = Buffer.concat([Buffer.alloc(4), Buffer.from([type]), Buffer.from(content)]);
  message.writeUInt32BE(message.length - 4);
  return message;
}

/** What gets to the agent of some bytes, which arrive in chunks of this size. */
async function passed(bytes: Buffer, size: number): Promise<Buffer> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const all: Uint8Array[] = [];
  for await (const each of agentRequests(chunks())) all.push(each);
  return Buffer.concat(all);
}

it.each([1, 3, 7, 1000])('requests that use keys arrive, in chunks of %i bytes', async (size) => {
  const bytes = Buffer.concat([request(11), request(13, 'data'), request(27, 'session-bind')]);
  expect(await passed(bytes, size)).toEqual(bytes);
});

it.each([
  ['adds a key', 17],
  ['removes a key', 18],
  ['removes all keys', 19],
  ['locks the agent', 22],
])('a request that %s is refused', async (_, type) => {
  await expect(passed(Buffer.concat([request(11), request(type, 'x')]), 100)).rejects.toThrow(
    `a request of type ${type} for the SSH agent`,
  );
});

it('an empty or too large request is refused', async () => {
  await expect(passed(Buffer.from([0, 0, 0, 0, 11]), 100)).rejects.toThrow(RangeError);
  await expect(passed(Buffer.from([0, 9, 0, 0, 11]), 100)).rejects.toThrow(RangeError);
});
