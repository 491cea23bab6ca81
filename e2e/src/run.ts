import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

export const CLI = join(import.meta.dirname, '../../packages/cli/dist/main.js');
const FILE = process.env['STOWAGE_E2E_COMMAND'];
/** Starts `stowage`: the built command, or the file with Node.js that STOWAGE_E2E_COMMAND names. */
export const COMMAND: readonly [string, ...string[]] =
  FILE === undefined ? [process.execPath, CLI] : [resolve(FILE)];
/** Its program, and what stands before the arguments. */
export const [PROGRAM, ...SCRIPT] = COMMAND;

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  /** Sends SIGINT this long after the first line on stderr (ms), so that the work has begun even on a slow machine. */
  readonly interruptAfter?: number;
}

/** The environment without the variables of Nx, npm and Vitest, which would affect child processes. */
export function cleanEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([key]) =>
      !/^(NX_|npm_|INIT_CWD|NODE_OPTIONS|NODE_ENV|VITEST|TINYPOOL|FORCE_COLOR|DOCKER_HOST)/i.test(
        key,
      ),
  );
  return {
    ...Object.fromEntries(
      inherited.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    NO_COLOR: '1',
    // Neither the user's cache nor that of another test.
    STOWAGE_CACHE_DIR: join(tmpdir(), `stowage-e2e-cache-${process.pid}`),
  };
}

/** Runs a program to its end, with any exit code. */
export function run(
  program: string,
  args: readonly string[],
  { cwd, env, input, interruptAfter }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    if (interruptAfter !== undefined)
      child.stderr?.once('data', () => setTimeout(() => child.kill('SIGINT'), interruptAfter));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Like {@link run}, but fails unless the exit code is 0. */
export async function must(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} exited with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Runs `stowage`. */
export function stowage(args: readonly string[], options?: RunOptions): Promise<RunResult> {
  return run(PROGRAM, [...SCRIPT, ...args], options);
}

/** Runs `stowage` with `--json`. @returns the document that it prints */
export async function json<T>(args: readonly string[], options?: RunOptions): Promise<T> {
  const { stdout, stderr } = await stowage([...args, '--json'], options);
  try {
    return JSON.parse(stdout) as T;
  } catch (cause) {
    throw new Error(`stowage ${args.join(' ')} printed no JSON:\n${stdout}\n${stderr}`, { cause });
  }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-e2e-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
