import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { Ran } from '../stowage.js';

/** A row of a table of what can go wrong: how to make it happen, and what the command says then. */
export interface Provoked {
  /** Runs commands; their exit codes are all those of the row. */
  readonly run: () => Promise<readonly Ran[]>;
  readonly says: RegExp;
}

/** A row whose exit code a test checks that needs an engine, a file system of its own, or another tool. */
export interface TestedIn {
  /** Below the root of the repository. */
  readonly file: string;
  readonly title: string;
}

/** The rows of a page by their first column. */
export type Provocations = Readonly<Record<string, Provoked | TestedIn>>;

/** Changes one byte of the file of this name, in which a layer has the path `opt/`. */
export async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf('opt/');
  if (at < 0) throw new TypeError(`${path}: no uncompressed layer`);
  bytes[at] = 'x'.charCodeAt(0);
  await writeFile(path, bytes);
}

/** Changes a byte of each layer in the folder of a registry. */
export async function damageRegistry(root: string): Promise<void> {
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name);
    const bytes = await readFile(path).catch(() => Buffer.of());
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    if (!isGzip && !bytes.includes('opt/')) continue;
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
}

/** Lets two days pass for the commands of this test. */
export function later(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 24 * 3600 * 1000 });
  onTestFinished(() => void vi.useRealTimers());
}
