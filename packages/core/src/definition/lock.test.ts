import { describe, expect, it } from 'vitest';
import { formatLock, parseLock, type BaseLock } from './lock.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const parse = (text: string) => parseLock({ text, path: 'image.lock.yaml' });

describe('the lock of a base', () => {
  it.each<BaseLock>([
    { base: 'ubuntu:25.04', digest: DIGEST },
    { base: 'registry.example:5000/a@sha256:x # "y"', digest: `sha512:${'b'.repeat(128)}` },
  ])('is parsed as it was written: %j', (lock) => {
    expect(parse(formatLock(lock))).toEqual(lock);
  });

  it.each([
    ['nothing', '', 'the key "base" is missing'],
    ['no base', `base: ''\ndigest: ${DIGEST}\n`, 'base:'],
    ['no digest', 'base: a\n', 'the key "digest" is missing'],
    ['another digest', 'base: a\ndigest: sha256:1\n', 'expected a sha256 or sha512 digest'],
    ['another key', `base: a\ndigest: ${DIGEST}\ntag: x\n`, 'expected one of base, digest'],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
    expect(() => parse(text)).toThrow(message);
  });
});
