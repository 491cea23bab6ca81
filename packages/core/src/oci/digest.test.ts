import { describe, expect, it } from 'vitest';
import { algorithmOf, digestOf, hexOf, isDigest, parseDigest } from './digest.js';

const SHA512 = `sha512:${'a'.repeat(128)}` as const;

describe('a digest', () => {
  it.each([
    '',
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'0'.repeat(63)}`,
    `sha256:${'0'.repeat(65)}`,
    `sha256:${'0'.repeat(128)}`,
    `sha512:${'0'.repeat(64)}`,
    `sha256:${'0'.repeat(64)}\n`,
    ` sha256:${'0'.repeat(64)}`,
    `sha1:${'0'.repeat(40)}`,
    7,
    null,
    undefined,
    [`sha256:${'0'.repeat(64)}`],
  ])('refuses %j', (text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'INVALID' }) as Error);
  });

  it('is sha256 or sha512 in lower-case hex', () => {
    expect(parseDigest(SHA512)).toBe(SHA512);
    expect(parseDigest(`sha256:${'0'.repeat(64)}`)).toBe(`sha256:${'0'.repeat(64)}`);
  });

  it('is computed from the content', () => {
    expect(digestOf(Buffer.from(''))).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(digestOf(Buffer.from(''), 'sha512')).toMatch(/^sha512:cf83e1357eefb8bd/);
  });

  it('has an algorithm and a hexadecimal part', () => {
    const sha256 = digestOf(Buffer.from('x'));
    expect([algorithmOf(sha256), algorithmOf(SHA512)]).toEqual(['sha256', 'sha512']);
    expect(hexOf(SHA512)).toBe('a'.repeat(128));
  });
});
