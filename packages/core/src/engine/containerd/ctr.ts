import { ImageError } from '../../errors.js';
import type { Bytes } from '../../transfer/store.js';
import { runProgram, type ProgramOptions } from '../program.js';
import { option, wording } from '../../wording.js';

/** containerd's own client, on this machine or inside a container. */
export class Ctr {
  readonly location: string;
  readonly #prefix: readonly [program: string, ...args: string[]];

  /** @param prefix the program, and the arguments before each command of `ctr`. */
  constructor(location: string, prefix: readonly [program: string, ...args: string[]]) {
    this.location = location;
    this.#prefix = prefix;
  }

  /** Runs a command to its end. @returns its output */
  async text(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.run(args, options)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  /**
   * Runs a command and streams its output.
   *
   * @throws ImageError UNAVAILABLE, NOT_FOUND, CONFLICT, INVALID
   */
  run(args: readonly string[], options: ProgramOptions = {}): Bytes {
    const { location } = this;
    const failed = (stderr: string, code: number | null) => refusal(location, stderr, code);
    return runProgram({ location, command: [...this.#prefix, ...args], failed }, options);
  }
}

function refusal(location: string, stderr: string, code: number | null): ImageError {
  const why = stderr === '' ? `exit code ${String(code)}` : stderr.replace(/^ctr: /, '');
  if (/not found/i.test(why))
    return new ImageError('NOT_FOUND', `${location}: ${why}`, { location });
  if (/already exists/i.test(why))
    return new ImageError('CONFLICT', `${location}: ${why}`, { location });
  if (
    code === null ||
    /dial|connect|refused|no such file|permission denied|is not running|deadline/i.test(why)
  )
    return new ImageError('UNAVAILABLE', `${location}: containerd does not answer: ${why}`, {
      location,
      hint: wording`Is it running, and may this user connect to it? Set another address with ${option('host')}.`,
    });
  return new ImageError('INVALID', `${location}: ${why}`, { location });
}
