import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImageError, systemCode } from '../errors.js';
import type { Bytes, CallOptions } from '../transfer/store.js';

export interface CtrOptions extends CallOptions {
  /** For its standard input. */
  readonly input?: Bytes;
  /** In milliseconds; as long as it takes when omitted. */
  readonly timeout?: number;
}

/** containerd's own client, here or inside of a container. */
export class Ctr {
  readonly location: string;
  readonly #program: string;
  readonly #prefix: readonly string[];

  /** @param command the program, and what comes before each command of `ctr`. */
  constructor(location: string, [program = 'ctr', ...prefix]: readonly string[]) {
    this.location = location;
    this.#program = program;
    this.#prefix = prefix;
  }

  /** Runs a command to its end. @returns what it printed */
  async text(args: readonly string[], options: CtrOptions = {}): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.run(args, options)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  /**
   * Runs a command, and gives what it prints as it comes. When the input fails, the command is stopped and the
   * input's own error is thrown.
   *
   * @throws ImageError UNAVAILABLE, NOT_FOUND, CONFLICT, INVALID
   */
  async *run(args: readonly string[], { input, signal, timeout }: CtrOptions = {}): Bytes {
    const child = spawn(this.#program, [...this.#prefix, ...args], {
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
      ...(timeout === undefined ? {} : { timeout }),
    });
    const said: Buffer[] = [];
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
    const ended = once(child, 'close') as Promise<[number | null]>;
    ended.catch(() => undefined);
    let broken: Error | undefined;
    const fed =
      input && child.stdin
        ? pipeline(Readable.from(input, { objectMode: false }), child.stdin).catch(
            (error: unknown) => {
              // It may have ended before it read everything; then its own words count.
              if (
                systemCode(error) === 'EPIPE' ||
                systemCode(error) === 'ERR_STREAM_PREMATURE_CLOSE'
              )
                return;
              broken = error instanceof Error ? error : new Error(String(error));
              child.kill('SIGKILL');
            },
          )
        : undefined;
    try {
      if (child.stdout) yield* child.stdout as AsyncIterable<Uint8Array>;
      const [code] = await ended;
      await fed;
      if (broken) throw broken;
      if (code !== 0) throw this.#failed(Buffer.concat(said).toString().trim(), code);
    } catch (error) {
      signal?.throwIfAborted();
      if (error === broken || systemCode(error) !== 'ENOENT') throw error;
      throw new ImageError(
        'UNAVAILABLE',
        `${this.location}: expected ${this.#program}, got no such program`,
        {
          location: this.location,
          hint: `Install ${this.#program}, or choose another engine with --engine.`,
          cause: error,
        },
      );
    } finally {
      if (child.exitCode === null) child.kill('SIGKILL');
    }
  }

  #failed(said: string, code: number | null): ImageError {
    const why = said === '' ? `exit code ${String(code)}` : said.replace(/^ctr: /, '');
    const { location } = this;
    if (/not found/i.test(why))
      return new ImageError('NOT_FOUND', `${location}: ${why}`, { location });
    if (/already exists/i.test(why))
      return new ImageError('CONFLICT', `${location}: ${why}`, { location });
    if (
      code === null ||
      /dial|connect|refused|no such file|permission denied|is not running|deadline/i.test(why)
    )
      return new ImageError('UNAVAILABLE', `${location}: expected containerd, got ${why}`, {
        location,
        hint: 'Is it running, and may this user talk to it? --host names another address.',
      });
    return new ImageError('INVALID', `${location}: ${why}`, { location });
  }
}
