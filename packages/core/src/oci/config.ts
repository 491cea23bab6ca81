import { createHash } from 'node:crypto';
import { ImageError } from '../errors.js';
import { parseDigest, type Digest } from './digest.js';
import { isObject, parseJsonObject, type JsonObject } from './json.js';
import type { Limits } from './limits.js';
import { platformOfConfig, type Platform } from './platform.js';

/** The fields of an image config that this library uses (OCI image spec 1.1, config.md). */
export interface ImageConfig {
  /** `unknown` stands for an OS or an architecture that the config does not state. */
  readonly platform: Platform;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
}

/** How a container starts: OCI image spec 1.1, config.md § Properties; keys as in the JSON. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

/**
 * Parses an image config.
 *
 * @returns undefined when it describes no file system (no `rootfs`): some artifacts have `{}` under the media type of an
 *   image config, because registries refused other types.
 * @throws ImageError INVALID, TOO_LARGE
 */
export function parseConfig(bytes: Uint8Array, limits?: Limits): ImageConfig | undefined {
  const document = parseJsonObject(bytes, 'image config', limits);
  const rootfs = document['rootfs'] ?? undefined;
  if (rootfs === undefined) return undefined;
  const diffIds = isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : undefined;
  if (!Array.isArray(diffIds))
    throw new ImageError('INVALID', 'image config: rootfs.diff_ids is missing');
  return { platform: platformOfConfig(document), diffIds: diffIds.map(parseDigest) };
}

/**
 * The `config` of an image config, edited rather than rebuilt: unknown fields and nulls stay.
 *
 * @param what the document, for messages.
 * @throws ImageError INVALID (a field of another type)
 */
export function containerConfigOf(
  document: JsonObject,
  what: string,
): ContainerConfig & JsonObject {
  const config = document['config'] ?? {};
  const check = (key: string, value: unknown, [expected, fits]: FieldType) => {
    if (value !== undefined && value !== null && !fits(value))
      throw new ImageError('INVALID', `${what}: ${key} is not ${expected}`);
  };
  check('config', config, OBJECT);
  if (!isObject(config)) return {};
  for (const [key, type] of Object.entries(FIELDS)) check(`config.${key}`, config[key], type);
  return config;
}

type FieldType = readonly [expected: string, fits: (value: unknown) => boolean];

const isText = (value: unknown) => typeof value === 'string';
const TEXT: FieldType = ['a text', isText];
const TEXTS: FieldType = ['a list of texts', (each) => Array.isArray(each) && each.every(isText)];
const OBJECT: FieldType = ['an object', isObject];
const FIELDS: Readonly<Record<keyof ContainerConfig, FieldType>> = {
  User: TEXT,
  ExposedPorts: OBJECT,
  Env: TEXTS,
  Entrypoint: TEXTS,
  Cmd: TEXTS,
  WorkingDir: TEXT,
  Labels: OBJECT,
};

/**
 * The chain ID of each layer (OCI image spec 1.1, config.md § Layer ChainID): it identifies the layer and all layers
 * below it. Engines store layers by chain ID.
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(
      parent === undefined
        ? diffId
        : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`,
    );
  }
  return chain;
}
