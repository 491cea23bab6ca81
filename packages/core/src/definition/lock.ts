import { ImageError } from '../errors.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { readYaml, schemaOf, type YamlFile } from './read-yaml.js';
import { verb, wording } from '../wording.js';

/** Name of the lock file for a base from outside the workspace; it is beside the definition. */
export const LOCK_FILE = 'image.lock.yaml';

/** The digest of a base from outside the workspace when it was last resolved: `image.lock.yaml`. */
export interface BaseLock {
  /** `base:` of the definition. */
  readonly base: string;
  readonly digest: Digest;
}

const schema = schemaOf<BaseLock>({
  type: 'object',
  additionalProperties: false,
  required: ['base', 'digest'],
  properties: { base: { type: 'string', minLength: 1 }, digest: { type: 'string' } },
});

/** Parses a lock. @throws ImageError USAGE */
export function parseLock(file: YamlFile): BaseLock {
  const lock = readYaml(file, schema);
  if (isDigest(lock.digest)) return lock;
  throw new ImageError(
    'USAGE',
    `${file.path}: digest: expected a sha256 or sha512 digest, got ${JSON.stringify(lock.digest)}`,
    { location: file.path, hint: wording`Run ${verb('updateBase')} to write it again.` },
  );
}

export function formatLock({ base, digest }: BaseLock): string {
  return `# Written by Stowage to lock the base; commit it.\nbase: ${JSON.stringify(base)}\ndigest: ${digest}\n`;
}
