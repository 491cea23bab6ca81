import { ImageError } from '../errors.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { readYaml, schemaOf, type YamlFile } from './read-yaml.js';

export const LOCK_FILE = 'image.lock.yaml';

/** Which image an outside base was, when somebody last looked: `image.lock.yaml`, beside the definition. */
export interface BaseLock {
  /** As the definition has it. */
  readonly base: string;
  readonly digest: Digest;
}

const schema = schemaOf<BaseLock>({
  type: 'object',
  additionalProperties: false,
  required: ['base', 'digest'],
  properties: { base: { type: 'string', minLength: 1 }, digest: { type: 'string' } },
});

/** @throws ImageError USAGE */
export function parseLock(file: YamlFile): BaseLock {
  const lock = readYaml(file, schema);
  if (isDigest(lock.digest)) return lock;
  throw new ImageError(
    'USAGE',
    `${file.path}: digest: expected a sha256 or sha512 digest, got ${JSON.stringify(lock.digest)}`,
    { location: file.path, hint: 'stowage build --update-base writes it anew.' },
  );
}

export function formatLock({ base, digest }: BaseLock): string {
  return `# Written by stowage build --update-base; commit it.\nbase: ${JSON.stringify(base)}\ndigest: ${digest}\n`;
}
