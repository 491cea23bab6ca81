import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from './routes.js';

/** A request that was answered, for logs and metrics. */
export interface AnsweredRequest {
  readonly id: string;
  /** When it arrived, in milliseconds since 1970. */
  readonly time: number;
  /** The client's IP address. */
  readonly address: string;
  /** The user's name; absent without a login and after a wrong password. */
  readonly user?: string;
  /** The repository that it is about; absent for requests about none. */
  readonly repository?: string;
  readonly method: string;
  /** Path of the URL as sent, without the query. */
  readonly path: string;
  /** The kind of endpoint; `none` if the path has none. */
  readonly route: Route['kind'] | 'page' | 'health' | 'metrics' | 'none';
  readonly status: number;
  /** Number of bytes sent, headers included. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** The error behind a 5xx response; absent if the client disconnected. */
  readonly error?: unknown;
}

/** The facts of a request for logs and metrics. */
type MeasuredCall = Pick<AnsweredRequest, 'address' | 'method' | 'path' | 'route'> & {
  readonly user?: string | undefined;
  readonly repository?: string | undefined;
};

/** Measures a request; `end` describes it for logs and metrics. */
export function beginReport(
  { socket }: IncomingMessage,
  response: ServerResponse,
  now: () => number,
): {
  readonly id: string;
  readonly end: (call: MeasuredCall, failure: unknown) => AnsweredRequest;
} {
  const [start, time, before] = [performance.now(), now(), socket.bytesWritten];
  const id = randomUUID();
  return {
    id,
    end: ({ address, method, path, route, user, repository }, failure) => ({
      id,
      time,
      address,
      method,
      path,
      route,
      status: response.statusCode,
      milliseconds: performance.now() - start,
      bytes: socket.bytesWritten - before,
      ...(user === undefined ? {} : { user }),
      ...(repository === undefined ? {} : { repository }),
      ...(failure === undefined ? {} : { error: failure }),
    }),
  };
}
