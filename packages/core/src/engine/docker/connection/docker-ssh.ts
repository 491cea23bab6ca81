import { Agent, type ClientRequest } from 'node:http';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { ImageError } from '../../../errors.js';
import { runProgram } from '../../program.js';

/**
 * The SSH login, and the engine's socket on that host if it is not the usual one. No part contains characters that are
 * special to ssh or a shell: ssh passes the arguments of a command to the remote shell.
 */
export interface SshTarget {
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: string | undefined;
  readonly socket?: string | undefined;
}

/** Each connection is an SSH login, which is slow: only a few are opened, and they are reused. */
const MAX_CONNECTIONS = 4;

/**
 * Connections to an engine over SSH, as docker makes them: `ssh HOST docker system dial-stdio`. The user's settings of
 * ssh, its keys, agent and known hosts apply.
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget;

  constructor(target: SshTarget) {
    super({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
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
        failed: (stderr, code) =>
          new ImageError(
            'UNAVAILABLE',
            `${location}: no Docker Engine answers: ${stderr || `exit code ${String(code)} of ssh`}`,
            { location, hint: `ssh ${host} docker version must work without a prompt.` },
          ),
      },
      { input },
    );
    return Duplex.from({ readable: Readable.from(output, { objectMode: false }), writable: input });
  }

  // The connection is a Duplex, not a Socket: the socket methods that Agent calls here and in `reuseSocket` do not exist.
  override keepSocketAlive(): boolean {
    return true;
  }

  override reuseSocket(_socket: Duplex, request: ClientRequest): void {
    request.reusedSocket = true;
  }
}
