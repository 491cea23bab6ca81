import type { Agent, AgentOptions } from 'node:http';
import type { Socket, TcpSocketConnectOpts } from 'node:net';

/** Bytes that are read from a connection at once; Node.js itself reads 64 KiB. */
const READ_BYTES = 512 * 1024;

type Connect = (
  options: AgentOptions & Pick<TcpSocketConnectOpts, 'onread'>,
  callback?: unknown,
) => Socket;

/**
 * Makes the connections of an agent read in large pieces: a layer of 300 MB then passes through the parser, the hash and
 * the file in some hundreds of steps, not in thousands.
 */
export function withLargeReads<T extends Agent>(agent: T): T {
  const connecting = agent as unknown as { createConnection: Connect };
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, callback) => {
    const onread: TcpSocketConnectOpts['onread'] = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      // As Node.js does without this option, but for the size of its buffer.
      callback: (length, buffer) => {
        const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length);
        // A listener has used the bytes when `push` returns; otherwise they wait, and the buffer is used again meanwhile.
        return socket.push(socket.readableFlowing ? bytes : Buffer.from(bytes));
      },
    };
    const socket: Socket = connect({ ...options, onread }, callback);
    return socket;
  };
  return agent;
}
