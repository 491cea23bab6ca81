import { createHash } from 'node:crypto';
import { ImageError } from '../errors.js';

/** A digest, `algorithm:hex` in lower case (OCI image spec 1.1, descriptor.md § Digests). */
export type Digest = `sha256:${string}` | `sha512:${string}`;
export type Algorithm = 'sha256' | 'sha512';
export const ALGORITHMS: readonly Algorithm[] = ['sha256', 'sha512'];

const PATTERN = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * Checks an untrusted digest. @throws ImageError INVALID unless `text` is a sha256 or sha512 digest in lower-case hex
 */
export function parseDigest(text: unknown): Digest {
  if (!isDigest(text)) {
    throw new ImageError(
      'INVALID',
      `digest: expected sha256:<64 hex> or sha512:<128 hex>, got ${JSON.stringify(text)}`,
    );
  }
  return text;
}

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && PATTERN.test(text);
}

export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function algorithmOf(digest: Digest): Algorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** The hexadecimal part, after the colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
