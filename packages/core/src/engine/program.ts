import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImageError, systemCode } from '../errors.js';
import type { Bytes, CallOptions } from '../transfer/store.js';
import { option, wording } from '../wording.js';

export interface ProgramOptions extends CallOptions {
  /** Bytes for its standard input. */
  readonly input?: Bytes | undefined;
  /** In milliseconds; no limit when omitted. */
  readonly timeout?: number | undefined;
}

/** A program that connects to an engine. */
export interface Program {
  /** Location of the engine, for messages. */
  readonly location: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** Creates the error for an exit code other than 0 (null: ended by a signal) from the text of stderr. */
  readonly failed: (stderr: string, code: number | null) => ImageError;
}

/**
 * Runs a program and streams its output. When the input fails, the program is killed and the input's own error is
 * thrown. The program is also killed when the caller stops reading.
 *
 * @throws ImageError UNAVAILABLE (no such program), the error of `failed`
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
  const errorOutput: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errorOutput.push(chunk));
  const ended = once(child, 'close') as Promise<[number | null]>;
  ended.catch(() => undefined);
  let inputError: Error | undefined;
  async function* recordError(bytes: Bytes): Bytes {
    try {
      yield* bytes;
    } catch (error) {
      inputError = error instanceof Error ? error : new Error(String(error));
      child.kill('SIGKILL');
      throw error;
    }
  }
  // The program may exit before reading all input; its stderr is then the error, and the rest is dropped.
  if (input && child.stdin)
    pipeline(Readable.from(recordError(input), { objectMode: false }), child.stdin).catch(
      () => undefined,
    );
  try {
    if (child.stdout) yield* child.stdout as AsyncIterable<Uint8Array>;
    const [code] = await ended;
    if (inputError) throw inputError;
    if (code !== 0) throw failed(Buffer.concat(errorOutput).toString().trim(), code);
  } catch (error) {
    signal?.throwIfAborted();
    if (error === inputError || systemCode(error) !== 'ENOENT') throw error;
    throw new ImageError('UNAVAILABLE', `${location}: the program ${program} is not installed`, {
      location,
      hint: wording`Install ${program}, or choose another engine with ${option('engine')}.`,
      cause: error,
    });
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}
