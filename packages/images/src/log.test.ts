import { logger } from '@nx/devkit';
import { afterEach, expect, it, vi } from 'vitest';
import {
  ImageError,
  NAMED_OPTIONS,
  NAMED_VERBS,
  say,
  type Wording,
} from '@stowage/core/definition';
import { log, printing } from './log.js';
import { normalizeOptions } from './infer/options.js';
import { nxSpeech } from './nx-speech.js';

afterEach(() => vi.restoreAllMocks());

it.each(['info', 'warn', 'error'] as const)(
  '%s escapes control characters and CI commands',
  (level) => {
    const said = vi.spyOn(logger, level).mockImplementation(() => undefined);
    log[level]('::error::a\u001b[2J\u009b\u202e ##vso[x]');
    expect(said).toHaveBeenCalledWith('\\x3a:error::a\\x1b[2J\\x9b\\u{202e} \\x23#vso[x]');
  },
);

it('escapes the message and the hint of an error from a generator', async () => {
  const failing = printing(async () => {
    throw new ImageError('USAGE', 'a\u009b\n::error::b', { hint: 'c\u001b' });
  });
  await expect(failing).rejects.toMatchObject({
    code: 'USAGE',
    message: 'a\\x9b\n  | ::error::b',
    hint: 'c\\x1b',
  });
});

it('words options as the names of executor options, and verbs as targets or commands', async () => {
  const hint: Wording = [
    'Set ',
    { option: 'caFile' },
    ', ',
    { verb: 'prune', options: [{ option: 'dryRun' }] },
    ' or ',
    { verb: 'copyImages', options: [{ option: 'split', value: '1GB' }] },
  ];
  const expected =
    'Set the option `caFile`, `nx run <project>:image-prune --dry-run` or `stowage copy --split 1GB`';
  expect(say(hint, nxSpeech)).toBe(expected);
  const failing = printing(async () => {
    throw new ImageError('USAGE', 'x', { hint });
  });
  await expect(failing).rejects.toMatchObject({ hint: expected });
});

it('words every verb as an inferred target or a command, and no option as a flag', () => {
  const targets = Object.values(normalizeOptions(undefined));
  for (const verb of NAMED_VERBS) {
    const said = say([{ verb, options: [] }], nxSpeech);
    const [, target, command] =
      /^`(?:nx run <project>:(\S+)|(stowage [a-z -]+))`$/.exec(said) ?? [];
    expect(command ?? targets.find((each) => each === target)).toBeDefined();
  }
  for (const option of NAMED_OPTIONS)
    expect(say([{ option }], nxSpeech)).toBe(`the option \`${option}\``);
});

it('marks further lines of an error, and joins those of other messages', () => {
  const said = vi.spyOn(logger, 'error').mockImplementation(() => undefined);
  log.error('first\n::error::second\n');
  expect(said).toHaveBeenCalledWith('first\n  | ::error::second');
  vi.spyOn(logger, 'info').mockImplementation(said);
  log.info('first\nsecond');
  expect(said).toHaveBeenLastCalledWith('first\\nsecond');
  log.json({ name: '\u009b' });
  expect(said).toHaveBeenLastCalledWith('{\n  "name": "\\u009b"\n}');
});
