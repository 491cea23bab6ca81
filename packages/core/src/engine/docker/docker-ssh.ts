import { Agent, type ClientRequest } from 'node:http';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { ImageError } from '../../errors.js';
import { runProgram } from '../program.js';

/**
 * Where to log in, and the engine's socket there if it is not the usual one. Each part is a name without any sign that
 * ssh or a shell takes for something else: ssh hands the words of a command to the shell of the other side.
 */
export interface SshTarget {
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: string | undefined;
  readonly socket?: string | undefined;
}

/** Each connection is a login, which takes its time; so few, and each is used again. */
const CONNECTIONS = 4;

/**
 * Connections to an engine behind a login, as docker makes them: `ssh HOST docker system dial-stdio`. So ssh's own
 * settings, keys, agent and known hosts count.
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget;

  constructor(target: SshTarget) {
    super({ keepAlive: true, maxSockets: CONNECTIONS });
    this.#target = target;
  }

  override createConnection(): Duplex {
    const { host, user, port, socket } = this.#target;
    const flags = [
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', port]),
      ...['-o', 'ConnectTimeout=30', '-o', 'BatchMode=yes', '-T'],
    ];
    const engine = socket === undefined ? [] : ['--host', `unix://${socket}`];
    const location = `ssh://${host}`;
    const input = new PassThrough();
    const output = runProgram(
      {
        location,
        command: ['ssh', ...flags, '--', host, 'docker', ...engine, 'system', 'dial-stdio'],
        failed: (said, code) =>
          new ImageError(
            'UNAVAILABLE',
            `${location}: expected a Docker Engine, got ${said || `exit code ${String(code)} of ssh`}`,
            { location, hint: `ssh ${host} docker version must work without a question.` },
          ),
      },
      { input },
    );
    return Duplex.from({ readable: Readable.from(output, { objectMode: false }), writable: input });
  }

  // A connection here is no socket, which could be told of its own time-outs.
  override keepSocketAlive(): boolean {
    return true;
  }

  override reuseSocket(_socket: Duplex, request: ClientRequest): void {
    request.reusedSocket = true;
  }
}
