import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from './distribution-server.js';
import { COMMAND, run, temporaryFolder } from './run.js';

const DOCS = join(import.meta.dirname, '../../docs');

/** Commands of a page, and what they print if the page shows it: a block `text` right after the block `sh`. */
const BLOCK = /^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms;
/** Separates the output of blocks; with the time (ms). */
const MARK = '@@block';

/** Stops all processes of the script when it ends, those of a server that `npx` started included. */
const HEAD = `set -e
exec 2>&1
trap 'trap "" TERM; kill -- -$$' EXIT
`;

/** Silences a server in the background, and waits until it answers. */
const BACKGROUND =
  '$1 > /dev/null 2>&1 & until (: < /dev/tcp/127.0.0.1/$2) 2> /dev/null; do sleep 0.1; done';

export interface PageRun {
  /** Duration of each block (seconds). */
  readonly seconds: readonly number[];
  readonly blocks: readonly string[];
}

export interface PageOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Names in a page, and the values of the test in their place, such as a host. */
  readonly replace?: Readonly<Record<string, string>>;
}

/** The text of a page of docs. */
export function readPage(name: string): Promise<string> {
  return readFile(pathOf(name), 'utf8');
}

/** The blocks of commands of a page, in order. */
export function commandsOf(text: string): readonly string[] {
  return [...text.matchAll(BLOCK)].map(([, commands = '']) => commands);
}

/**
 * Runs all commands of a page in one shell, and compares what they print with what the page shows. With `--update` the page
 * shows what they printed.
 */
export async function runPage(name: string, options: PageOptions): Promise<PageRun> {
  const text = await readPage(name);
  const blocks = commandsOf(text);
  expect(blocks.length).toBeGreaterThan(0);
  const replace = { ...options.replace, ...(await freePorts(text)) };
  const marked = blocks.map((block) => `echo "${MARK} $(date +%s%3N)"\n${block}`);
  let script = `${HEAD}${marked.join('')}echo "${MARK} $(date +%s%3N)"\n`;
  for (const [from, to] of Object.entries(replace)) script = script.replaceAll(from, to);
  script = script.replaceAll(/^(.*127\.0\.0\.1:(\d+).*?) &(?: +#.*)?$/gm, BACKGROUND);
  const env = { ...options.env, PATH: `${await binaries()}:${process.env['PATH'] ?? ''}` };
  const { code, stdout } = await run('setsid', ['--wait', 'bash', '-c', script], {
    cwd: options.cwd,
    env,
  });
  expect(code, stdout).toBe(0);
  const [, ...parts] = stdout.split(new RegExp(`^${MARK} `, 'm'));
  const times = parts.map((part) => Number(part.split('\n')[0]));
  const said = parts.map((part) => shown(part.slice(part.indexOf('\n') + 1), options.cwd, replace));
  let block = 0;
  const real = text.replaceAll(BLOCK, (whole, commands: string, before?: string) => {
    const now = said[block++] ?? '';
    const isSame = before === undefined || stable(before) === stable(now);
    return isSame ? whole : `\`\`\`sh\n${commands}\`\`\`\n\n\`\`\`text\n${now}\`\`\``;
  });
  await expect(real).toMatchFileSnapshot(pathOf(name));
  const seconds = times.slice(1).map((time, index) => (time - (times[index] ?? time)) / 1000);
  return { seconds, blocks };
}

function pathOf(name: string): string {
  return join(DOCS, `${name}.md`);
}

/** A free port in place of each that a page listens on. */
async function freePorts(text: string): Promise<Readonly<Record<string, string>>> {
  const addresses = new Set(text.match(/127\.0\.0\.1:\d+/g));
  const ports = [...addresses].map(
    async (each) => [each, `127.0.0.1:${await freePort()}`] as const,
  );
  return Object.fromEntries(await Promise.all(ports));
}

/** A folder with the built command as `stowage`. It shows no progress, which depends on the machine's speed. */
async function binaries(): Promise<string> {
  const folder = await temporaryFolder();
  const command = join(folder, 'stowage');
  const lines = [
    '#!/bin/sh',
    'case "$1" in complete | -*) progress= ;; *) progress="--progress none" ;; esac',
    `exec ${COMMAND.map((word) => `"${word}"`).join(' ')} "$@" $progress`,
  ];
  await writeFile(command, `${lines.join('\n')}\n`);
  await chmod(command, 0o755);
  return folder;
}

/** Output as a page shows it: with the names of the page, without progress and what Nx says of itself. */
function shown(output: string, cwd: string, replace: Readonly<Record<string, string>>): string {
  let text = output.replaceAll(cwd, '/work');
  for (const [from, to] of Object.entries(replace)) text = text.replaceAll(to, from);
  const noise =
    /^npm (warn|notice)|Run duration|Critical path|Recoverable time|Hint: run the command|^\s*Cache: |^ *moving |^ *[\d.]+ [kKMG]?B of /;
  const lines = text.split('\n').filter((line) => !noise.test(line));
  const trimmed = lines.map((line) => line.trimEnd()).join('\n');
  return `${trimmed.replace(/\n{3,}/g, '\n\n').replace(/^\n+|\n+$/g, '')}\n`;
}

/** Output without what differs from run to run: sizes, times and digests. */
function stable(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{12,}\b/g, '#')
    .replaceAll(/\d{4}-\d\d-\d\d(?:T\S+)?/g, '#')
    .replaceAll(/\b\d[\d.,]* ?(?:ms|seconds?|minutes?|s|B|[kKMG]i?B|%)(?!\w)/g, '#')
    .replaceAll(/[ -]{2,}/g, ' ');
}
