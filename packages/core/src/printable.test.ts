import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableLines } from './printable.js';

describe('a value on one line', () => {
  it.each([
    ['plain, ünïcödé, 日本語, 🙂', 'plain, ünïcödé, 日本語, 🙂'],
    ['a\u001b[2Jb', 'a\\x1b[2Jb'],
    ['a\u009b2Jb', 'a\\x9b2Jb'],
    ['a\nb\r\tc\0\u007f', 'a\\nb\\r\\tc\\x00\\x7f'],
    ['a\u202etxt.exe', 'a\\u{202e}txt.exe'],
    ['\u2066\u200e\u061c\ufeff', '\\u{2066}\\u{200e}\\u{61c}\\u{feff}'],
    ['a\u2028b', 'a\\u{2028}b'],
    ['a\ud800b', 'a\\u{d800}b'],
    // Invisible tag characters.
    ['a\u{e0041}b', 'a\\u{e0041}b'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});

describe('a text of several lines', () => {
  it.each([
    ['a\n\tb\u001b\rc\n', 'a\n\tb\\x1b\\rc\n'],
    ['::error::x', '\\x3a:error::x'],
    ['a\n  ::set-output name=x::y', 'a\n  \\x3a:set-output name=x::y'],
    ['\u3000::error::x', '\u3000\\x3a:error::x'],
    ['std::vector, a::b', 'std::vector, a::b'],
    ['a ##[error]x', 'a \\x23#[error]x'],
    ['##vso[task.setvariable]x', '\\x23#vso[task.setvariable]x'],
    ['###teamcity[x]', '#\\x23#teamcity[x]'],
    ['## a heading [x]', '## a heading [x]'],
  ])('%j', (text, expected) => {
    expect(printableLines(text)).toBe(expected);
  });
});

describe('a JSON document', () => {
  const value = { name: 'a\u001b\u009b\u202e\u{e0041}\ud800\n##vso[x]', list: ['::error::'] };

  it('parses to the same value and has no invisible characters', () => {
    for (const space of [undefined, 2]) {
      const text = printableJson(value, space);
      expect(JSON.parse(text)).toEqual(value);
      expect(text).toBe(printableLines(text));
    }
    expect(printableJson(value)).toContain('\\u009b\\u202e\\udb40\\udc41\\ud800');
  });
});
