/** Before each message: whether it is compressed (never asked for here), and its length (gRPC over HTTP/2, Requests). */
const PREFIX_BYTES = 5;
/** No message of a build session is larger; BuildKit's limit for one is 16 MiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** The messages in a stream of gRPC. @throws RangeError one is compressed, or larger than 16 MiB */
export async function* readCalls(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= PREFIX_BYTES) {
      const length = rest.readUInt32BE(1);
      if (rest[0] !== 0 || length > MAX_MESSAGE_BYTES)
        throw new RangeError(`a message of ${length} bytes, or compressed`);
      const end = PREFIX_BYTES + length;
      if (rest.length < end) break;
      yield rest.subarray(PREFIX_BYTES, end);
      rest = rest.subarray(end);
    }
  }
}

/** A message as it is sent. */
export function writeCall(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}
