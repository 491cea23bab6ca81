import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, expect, it, vi } from 'vitest';
import { painted } from './paint.js';

const terminal = (isTTY: boolean) =>
  Object.assign(new PassThrough(), {
    isTTY,
    getColorDepth: () => WriteStream.prototype.getColorDepth(process.env),
  }) as unknown as NodeJS.WriteStream;

function setColours(noColour?: string): void {
  vi.stubEnv('TERM', 'xterm');
  for (const name of ['NODE_DISABLE_COLORS', 'FORCE_COLOR']) vi.stubEnv(name, undefined);
  vi.stubEnv('NO_COLOR', noColour);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

it('colours the first word of a line for a terminal only', () => {
  setColours();
  for (const word of ['stowage:', 'error:', 'note:']) {
    expect(painted(`${word} a note: b`, terminal(true))).toMatch(
      new RegExp(`^\u001b\\[\\d+m${word}\u001b\\[39m a note: b$`),
    );
    expect(painted(`${word} a`, terminal(false))).toBe(`${word} a`);
  }
  expect(painted('a note: b', terminal(true))).toBe('a note: b');
});

it('colours nothing with NO_COLOR', () => {
  setColours('1');
  expect(painted('note: a', terminal(true))).toBe('note: a');
});
