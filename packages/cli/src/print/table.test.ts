import { expect, it } from 'vitest';
import { formatBytes, formatTable, shortDigest } from './table.js';

it('prints tables without lines', () => {
  expect(
    formatTable(
      ['A', 'B'],
      [
        ['1', 'two'],
        ['long', ''],
      ],
    ).content,
  ).toBe('A     B\n1     two\nlong\n');
  expect([
    formatBytes(1_500_000),
    formatBytes(null),
    shortDigest('sha256:0123456789abcdef'),
    shortDigest(null),
  ]).toEqual(['1.4 MB', '-', '0123456789ab', '-']);
});

it('escapes untrusted cells, so that each row is a line', () => {
  const { content } = formatTable(['A'], [['one\ntwo\u001b[1m']]);
  expect(content.split('\n')).toHaveLength(3);
  expect(content).not.toContain('\u001b');
});

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KB'],
  [1_610_612_736, '1.5 GB'],
  [null, '-'],
])('%s bytes are %s', (count, expected) => {
  expect(formatBytes(count)).toBe(expected);
});

it('shortens digests of any algorithm', () => {
  expect(shortDigest(`sha512:${'ab'.repeat(64)}`)).toBe('abababababab');
});
