import { Writable } from 'node:stream';
import type { CopiedImage } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { copiedOutcome, stdoutFor } from './copy-options.js';
import { text } from './print/text.js';
import type { Io } from './verb.js';

function ioOf(isTTY = false) {
  const written = { stdout: '', stderr: '' };
  const collect = (to: keyof typeof written) =>
    Object.assign(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          written[to] += chunk.toString();
          done();
        },
      }),
      { isTTY },
    ) as unknown as NodeJS.WriteStream;
  const [stdout, stderr] = [collect('stdout'), collect('stderr')];
  const { signal } = new AbortController();
  const io: Io = {
    cwd: '',
    stdin: process.stdin,
    stdout,
    stderr,
    signal,
    endWithin: () => undefined,
  };
  return { io, written };
}

describe('an archive to standard output', () => {
  it('is written there, which stays open', async () => {
    const { io, written } = ioOf();
    async function* archive() {
      yield Buffer.from('tar');
    }
    await stdoutFor('-', io)?.(archive());
    io.stdout.write('more');
    expect(written.stdout).toBe('tarmore');
  });

  it('is refused on a terminal', () => {
    const { io } = ioOf(true);
    expect(() => stdoutFor('-', io)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
    expect(stdoutFor('./x.tar', io)).toBeDefined();
  });
});

describe('the outcome of a copy', () => {
  const results = [
    { reference: 'a', bytes: 1 },
    { reference: 'b', bytes: 2 },
  ] as unknown as CopiedImage[];
  const line = ({ reference }: CopiedImage) => text`${reference}\n`;

  it('is printed, one line for each image', () => {
    const { io, written } = ioOf();
    const outcome = copiedOutcome(results, line, { to: './x.tar', quiet: false, io });
    expect([outcome.json, outcome.text?.content]).toEqual([{ results }, 'a\nb\n']);
    expect(written).toEqual({ stdout: '', stderr: '' });
  });

  it('is said on stderr when stdout has the archive, unless it is to be quiet', () => {
    const { io, written } = ioOf();
    expect(copiedOutcome(results, line, { to: '-', quiet: true, io })).toEqual({
      json: { results },
      total: { images: 2, bytes: 3 },
    });
    expect(written.stderr).toBe('');
    copiedOutcome(results, line, { to: '-', quiet: false, io });
    expect(written).toEqual({ stdout: '', stderr: 'a\nb\n' });
  });
});
