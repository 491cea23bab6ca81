import type { Agent, AgentOptions } from 'node:http';
import type { Socket, TcpSocketConnectOpts } from 'node:net';

/** Bytes that are read from a connection at once; Node.js itself reads 64 KiB. */
export const READ_BYTES = 512 * 1024;

/** Takes what a connection reads, in place of its stream. */
export interface Taker {
  /** The buffer for the next read; the connection's own one when undefined. */
  readonly next: () => Uint8Array | undefined;
  /** Takes what was read. @returns false to pause, until `resume` of the connection */
  readonly take: (bytes: Buffer) => boolean;
}

/** The reads of a connection. */
export interface Reads {
  /** Takes the bytes that are read; the stream of the connection gets them when undefined. */
  taker: Taker | undefined;
  /** The bytes that the stream passes on at this moment. */
  readonly current: Buffer | undefined;
}

type Connect = (
  options: AgentOptions & Pick<TcpSocketConnectOpts, 'onread'>,
  callback?: unknown,
) => Socket;

const readsOf = new WeakMap<Socket, Reads>();

/** The reads of a connection of {@link withLargeReads}; undefined for any other one. */
export function largeReadsOf(socket: Socket): Reads | undefined {
  return readsOf.get(socket);
}

/**
 * Makes the connections of an agent read in large pieces: a layer of 300 MB then passes through the parser, the hash and
 * the file in some hundreds of steps, not in thousands.
 */
export function withLargeReads<T extends Agent>(agent: T): T {
  const connecting = agent as unknown as { createConnection: Connect };
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, callback) => {
    const own = Buffer.allocUnsafeSlow(READ_BYTES);
    const reads = {
      taker: undefined as Taker | undefined,
      current: undefined as Buffer | undefined,
    };
    const onread: TcpSocketConnectOpts['onread'] = {
      buffer: () => reads.taker?.next() ?? own,
      callback: (length, buffer) => {
        const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length);
        if (reads.taker) return reads.taker.take(bytes);
        if (!socket.readableFlowing) return socket.push(Buffer.from(bytes));
        // As Node.js does without this option, but for the size of its buffer: a listener has used the bytes when `push` returns.
        reads.current = bytes;
        const goesOn = socket.push(bytes);
        reads.current = undefined;
        return goesOn;
      },
    };
    const socket: Socket = connect({ ...options, onread }, callback);
    readsOf.set(socket, reads);
    return socket;
  };
  return agent;
}
