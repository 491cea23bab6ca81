import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImageError, systemCode } from '../errors.js';
import type { Bytes, CallOptions } from '../transfer/store.js';

export interface ProgramOptions extends CallOptions {
  /** For its standard input. */
  readonly input?: Bytes | undefined;
  /** In milliseconds; as long as it takes when omitted. */
  readonly timeout?: number | undefined;
}

/** A program that talks to an engine for us. */
export interface Program {
  /** The engine that it is to reach. */
  readonly location: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** What an exit code other than 0 means; null when a signal ended it. */
  readonly failed: (said: string, code: number | null) => ImageError;
}

/**
 * Runs a program, and gives what it prints as it comes. When the input fails, the program is stopped and the input's
 * own error is thrown. It is stopped, too, by who stops reading.
 *
 * @throws ImageError UNAVAILABLE (no such program), what `failed` says
 */
export async function* runProgram(
  { location, command, failed }: Program,
  { input, signal, timeout }: ProgramOptions = {},
): Bytes {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
    ...(timeout === undefined ? {} : { timeout }),
  });
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = once(child, 'close') as Promise<[number | null]>;
  ended.catch(() => undefined);
  let broken: Error | undefined;
  async function* watched(bytes: Bytes): Bytes {
    try {
      yield* bytes;
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      child.kill('SIGKILL');
      throw error;
    }
  }
  // It may end before it read everything; then its own words count. Nobody waits for what is still to come then.
  if (input && child.stdin)
    pipeline(Readable.from(watched(input), { objectMode: false }), child.stdin).catch(
      () => undefined,
    );
  try {
    if (child.stdout) yield* child.stdout as AsyncIterable<Uint8Array>;
    const [code] = await ended;
    if (broken) throw broken;
    if (code !== 0) throw failed(Buffer.concat(said).toString().trim(), code);
  } catch (error) {
    signal?.throwIfAborted();
    if (error === broken || systemCode(error) !== 'ENOENT') throw error;
    throw new ImageError('UNAVAILABLE', `${location}: expected ${program}, got no such program`, {
      location,
      hint: `Install ${program}, or choose another engine with --engine.`,
      cause: error,
    });
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}
