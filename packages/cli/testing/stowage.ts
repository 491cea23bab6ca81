import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { openWorkspace } from '@stowage/core';
import { serve, type ServeOptions } from '@stowage/core/registry';
import { onTestFinished, vi } from 'vitest';
import { completionWords } from '../src/commands/complete.js';
import { complete } from '../src/completion/complete.js';
import { createProgram } from '../src/program.js';
import type { Io } from '../src/verb.js';

/** Name of the image of each of these workspaces. */
export const NAME = 'app-debian-12-base';
export const BASE = 'apps/app/images/base';
/** Path of its archive. */
export const ARCHIVE = `images/app/${NAME}.tar`;

export interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Called with each text on standard output. */
  readonly onOutput?: (text: string) => void;
  /** Called with each text on standard error. */
  readonly onError?: (text: string) => void;
}

/** A workspace with the definition of one image, a home folder of its own, and a command line that runs in this process. */
export async function commandLine(files: Readonly<Record<string, string>> = {}) {
  const [cwd, home] = [await temporaryFolder(), await temporaryFolder()];
  await write(cwd, {
    'stowage.yaml': 'engine: embedded\n',
    [`${BASE}/image.yaml`]: `project: app\nos: debian-12\nvariant: base\ncopy: [{ from: files, to: /opt }]\n`,
    [`${BASE}/files/a`]: 'a\n',
    ...files,
  });
  // Vitest and Nx set it, which gives colours without a terminal.
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('HOME', home);
  vi.stubEnv('STOWAGE_CACHE_DIR', join(home, 'cache'));
  const before = process.exitCode;
  onTestFinished(() => {
    vi.unstubAllEnvs();
    process.exitCode = before;
  });
  /** Runs one command; the words of its line are separated by spaces. */
  const stowage = async (line: string, options: RunOptions = {}): Promise<Ran> => {
    const [stdout, stderr] = [collector(options.onOutput), collector(options.onError)];
    const io = {
      ...{ cwd, stdout: stdout.stream, stderr: stderr.stream },
      stdin: Readable.from([Buffer.from(options.stdin ?? '')]) as NodeJS.ReadStream,
      signal: options.signal ?? new AbortController().signal,
      endWithin: () => undefined,
    } satisfies Io;
    process.exitCode = undefined;
    const words = line.split(' ');
    const program = createProgram(io, '1.2.3');
    const completed = completionWords(words);
    if (completed) await complete(program, completed, io);
    else await program.parseAsync(['node', 'stowage', ...words]);
    return { code: process.exitCode ?? 0, stdout: stdout.text(), stderr: stderr.text() };
  };
  /** Runs one command that succeeds. @returns its output */
  const said = async (line: string, options?: RunOptions): Promise<string> => {
    const { code, stdout, stderr } = await stowage(line, options);
    if (code !== 0) throw new Error(`${line}: exit ${String(code)}: ${stderr}`);
    return stdout;
  };
  /** Runs one command with `--json`. @returns its document */
  const json = async (line: string): Promise<Record<string, unknown>> =>
    JSON.parse((await stowage(`${line} --json`)).stdout) as Record<string, unknown>;
  /** Returns the words that a shell would suggest in place of the last of these words. */
  const suggest = async (...words: readonly string[]): Promise<string[]> => {
    const { stdout } = await stowage(['complete', '--', ...words].join(' '));
    return stdout.split('\n').flatMap((each) => (each === '' ? [] : [each.split('\t')[0] ?? '']));
  };
  return { cwd, stowage, said, json, suggest };
}

/** A workspace whose image is saved. */
export async function savedLine(files: Readonly<Record<string, string>> = {}) {
  const line = await commandLine(files);
  await line.said(`build ${BASE} --save`);
  return line;
}

/** A registry, until the test ends. @returns its `host:port` */
export async function registryHost(): Promise<string> {
  return (await registry()).host;
}

/** A registry with these options, until the test ends. @returns its `host:port` and its folder */
export async function registry(options: Partial<ServeOptions> = {}) {
  const cwd = await temporaryFolder();
  const root = join(cwd, 'registry');
  const serving = await serve(await openWorkspace(cwd), [], { cwd, root, ...options });
  onTestFinished(() => serving[Symbol.asyncDispose]());
  return { host: new URL(serving.url).host, root };
}

/** A workspace whose image is saved and in a registry, as `HOST/team/app:1`. */
export async function pushedLine() {
  const line = await savedLine();
  const host = await registryHost();
  await line.said(`push ${NAME} --to ${host} --tag team/app:1`);
  return { ...line, host, image: `${host}/team/app:1` };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export async function write(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

function collector(onText?: (text: string) => void) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      onText?.(chunk.toString());
      done();
    },
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString(),
  };
}
