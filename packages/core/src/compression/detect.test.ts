import { expect, it } from 'vitest';
import { detectCompression, MAGIC_BYTES } from './detect.js';

it.each([
  ['gzip', '1f8b0800'],
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a585a00'],
  ['bzip2', '425a6839'],
])('%s is detected by its first bytes, and not by fewer', (kind, hex) => {
  const head = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(20)]).subarray(0, MAGIC_BYTES);
  expect(detectCompression(head)).toBe(kind);
  expect(detectCompression(head.subarray(0, 1))).toBe('none');
  head[0] = 0;
  expect(detectCompression(head)).toBe('none');
});

it('a tar and empty content are not compressed', () => {
  expect(detectCompression(Buffer.from('etc/passwd'))).toBe('none');
  expect(detectCompression(Buffer.of())).toBe('none');
});
