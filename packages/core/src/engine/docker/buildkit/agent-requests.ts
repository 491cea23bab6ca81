/** Requests of an SSH agent that use its keys: list them, sign, and extensions, such as the binding to a session. */
const ALLOWED: ReadonlySet<number> = new Set([11, 13, 27]);
/** Before each message: its length; its first byte is its type (draft-ietf-sshm-ssh-agent, Protocol Messages). */
const LENGTH_BYTES = 4;
/** OpenSSH's limit for a message. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/**
 * Passes the requests for an SSH agent on that use its keys. A step of a build may not add, remove or lock keys, which are the
 * user's.
 *
 * @throws RangeError another request, an empty one, or one larger than 256 KiB
 */
export async function* agentRequests(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length > LENGTH_BYTES) {
      const length = rest.readUInt32BE(0);
      const end = LENGTH_BYTES + length;
      const type = rest.readUInt8(LENGTH_BYTES);
      if (!ALLOWED.has(type) || length === 0 || length > MAX_MESSAGE_BYTES)
        throw new RangeError(
          `a request of type ${type} for the SSH agent, which a build may not send`,
        );
      if (rest.length < end) break;
      yield rest.subarray(0, end);
      rest = rest.subarray(end);
    }
  }
}
