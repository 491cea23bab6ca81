import { expect, it } from 'vitest';
import { readCalls, writeCall } from './grpc.js';

async function read(...chunks: Uint8Array[]): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of readCalls(
    (async function* () {
      yield* chunks;
    })(),
  ))
    texts.push(Buffer.from(message).toString());
  return texts;
}

it('reads messages however they are cut into chunks', async () => {
  const stream = Buffer.concat([writeCall(Buffer.from('one')), writeCall(Buffer.from(''))]);
  expect(await read(stream)).toEqual(['one', '']);
  const bytes = [...stream].map((byte) => Buffer.from([byte]));
  expect(await read(...bytes)).toEqual(['one', '']);
});

it('refuses a message that is compressed or too large', async () => {
  await expect(read(Buffer.from([1, 0, 0, 0, 0]))).rejects.toThrow(RangeError);
  await expect(read(Buffer.from([0, 0xff, 0, 0, 0]))).rejects.toThrow(RangeError);
});
