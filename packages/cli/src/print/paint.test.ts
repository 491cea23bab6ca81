import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, expect, it, vi } from 'vitest';
import { painted } from './paint.js';

/** A stream of a terminal, or of none, in an environment of its own: that of a CI job has no colours. */
function stream(isTTY: boolean, env: NodeJS.ProcessEnv = {}): NodeJS.WriteStream {
  vi.stubEnv('FORCE_COLOR', undefined);
  const getColorDepth = () => WriteStream.prototype.getColorDepth({ TERM: 'xterm', ...env });
  return Object.assign(new PassThrough(), {
    isTTY,
    getColorDepth,
  }) as unknown as NodeJS.WriteStream;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

it('colours the first word of a line for a terminal only', () => {
  for (const word of ['stowage:', 'error:', 'note:']) {
    expect(painted(`${word} a note: b`, stream(true))).toMatch(
      new RegExp(`^\u001b\\[\\d+m${word}\u001b\\[39m a note: b$`),
    );
    expect(painted(`${word} a`, stream(false))).toBe(`${word} a`);
  }
  expect(painted('a note: b', stream(true))).toBe('a note: b');
});

it('colours nothing with NO_COLOR', () => {
  expect(painted('note: a', stream(true, { NO_COLOR: '1' }))).toBe('note: a');
});
