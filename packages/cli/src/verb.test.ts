import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { ImageError } from '@stowage/core';
import { Command } from 'commander';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { text } from './print/text.js';
import { withRegistry } from './registry-options.js';
import { action, verb, wantsCache, withEngine, type Call, type Outcome } from './verb.js';

afterEach(() => {
  process.exitCode = 0;
});

/** Runs a command whose work is given, with these words and this standard input. */
async function run(work: (call: Call) => Promise<Outcome>, words = '', stdin = '') {
  const cwd = mkdtempSync(join(tmpdir(), 'stowage-verb-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'stowage.yaml'), '');
  const written = { stdout: '', stderr: '' };
  const collect = (to: keyof typeof written) =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written[to] += chunk.toString();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const io = {
    cwd,
    stdin: Readable.from([Buffer.from(stdin)]) as unknown as NodeJS.ReadStream,
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    signal: new AbortController().signal,
    endWithin: () => undefined,
  };
  const command = withRegistry(withEngine(verb('x', 'does x', ['stowage x'])))
    .argument('[inputs...]')
    .action(action(io, (_workspace, _args, { call }) => work(call)));
  process.exitCode = undefined;
  await new Command()
    .addCommand(command)
    .parseAsync(['x', ...words.split(' ').filter(Boolean)], { from: 'user' });
  return { ...written, code: process.exitCode };
}

const outcome: Outcome = { json: { a: 1 }, text: text`said\n` };

describe('a command', () => {
  it.each([
    ['', 'said\n'],
    ['--json', '{"a":1}\n'],
    ['--quiet', ''],
    ['--quiet --json', '{"a":1}\n'],
  ])('with %j prints %j', async (words, expected) => {
    expect(await run(async () => outcome, words)).toEqual({
      stdout: expected,
      stderr: '',
      code: 0,
    });
  });

  it('prints a document in place of text, and has the exit code of its outcome', async () => {
    const document = { json: {}, document: 'FROM x', exitCode: 3 };
    expect(await run(async () => document)).toMatchObject({ stdout: 'FROM x', code: 3 });
  });

  it('that fails says so on stderr, and with --json on stdout, too', async () => {
    const failing = () => Promise.reject(new ImageError('NOT_FOUND', 'no image'));
    const plain = await run(failing);
    expect([plain.stdout, plain.stderr]).toEqual(['', expect.stringContaining('no image')]);
    expect(plain.code).toBeGreaterThan(0);
    const { stdout } = await run(failing, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_FOUND', message: 'no image' } });
  });

  it('gives its work the engine and the registry of its options', async () => {
    const words = '--engine podman --host h --username ada --password-stdin --plain-http';
    const calls: Call[] = [];
    await run(
      async (call) => {
        calls.push(call);
        return outcome;
      },
      words,
      'secret\r\n',
    );
    expect(calls).toMatchObject([
      {
        engine: 'podman',
        host: 'h',
        registry: { username: 'ada', password: 'secret', plainHttp: true },
      },
    ]);
  });

  it('reads standard input for one thing only', async () => {
    const { stderr } = await run(async () => outcome, '--username ada --password-stdin -');
    expect(stderr).toContain('standard input cannot be the password and a location (-)');
  });
});

it.each([
  [undefined, true],
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
] as const)('cache %s is wanted: %s', (cache, expected) => {
  expect(wantsCache({ progress: 'none', ...(cache === undefined ? {} : { cache }) })).toBe(
    expected,
  );
});
