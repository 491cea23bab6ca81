import { describe, expect, it } from 'vitest';
import { yaml } from '../../definition/libraries.js';
import { ENTRY_KEYS, readValue, textOf } from './entry-values.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const nodeOf = (text: string) => yaml().parseDocument(text).contents;

describe('a value of an entry', () => {
  it.each([
    ['name', '1.10', '1.10'],
    ['os', '"ubuntu:25.04"', 'ubuntu:25.04'],
    ['file', '.\\a\\b.tar', 'a/b.tar'],
    ['file', 'a//../b.tar', 'b.tar'],
    ['size_mb', '"1.5"', 1.5],
    ['size_mb', '1e3', 1000],
    ['usage_count', '"7"', 7],
    ['size', '12.4', 12],
    ['pinned', 'yes', true],
    ['pinned', '0', false],
    ['created', '2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['digest', DIGEST, DIGEST],
    ['packages', '[a, 1.10, ~]', ['a', '1.10']],
    ['packages', '"a, b  c"', ['a', 'b', 'c']],
    ['tools', '""', undefined],
    ['name', '~', undefined],
    ['size', '"  "', undefined],
  ] as const)('%s: %s is %j', (key, text, value) => {
    expect(readValue(key, nodeOf(text))).toEqual({ value });
  });

  it.each([
    ['name', '[a]', 'a single value'],
    ['file', '{ a: b }', 'a single value'],
    ['size_mb', '-1', 'a number'],
    ['size_mb', '0x10', 'a number'],
    ['usage_count', '1.5', 'a whole number'],
    ['usage_count', '1e99', 'a whole number'],
    ['size', 'big', 'a number of bytes'],
    ['pinned', 'perhaps', 'true or false'],
    ['created', 'yesterday', 'a time in ISO 8601'],
    ['digest', 'sha256:1', 'a digest'],
    ['packages', '[[a]]', 'a list of texts'],
    ['packages', '{ a: b }', 'a list of texts'],
  ] as const)('%s: %s is no %s', (key, text, expected) => {
    expect(readValue(key, nodeOf(text))).toEqual({ expected });
  });

  it.each(ENTRY_KEYS)('%s that is absent is none', (key) => {
    expect(readValue(key, null)).toEqual({ value: undefined });
  });

  it('has the text that is written, and none for a list or a map', () => {
    expect([textOf(nodeOf('0x1F')), textOf(undefined), textOf(nodeOf('[a]')), textOf('x')]).toEqual(
      ['0x1F', '', undefined, undefined],
    );
  });
});
