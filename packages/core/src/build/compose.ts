import { posix } from 'node:path';
import type { Definition } from '../definition/definition.js';
import { parsePorts } from '../definition/ports.js';
import { ImageError } from '../errors.js';
import { containerConfigOf, parseConfig, type ContainerConfig } from '../oci/config.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import { parseJsonObject, type JsonObject } from '../oci/json.js';
import { formatManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { isUnknownPlatform, platformOfConfig, type Platform } from '../oci/platform.js';
import type { Layer } from './layer.js';

/** Config and layers of a base image. */
export interface BaseContent {
  readonly config: Uint8Array;
  readonly layers: readonly Descriptor[];
}

export interface ComposedImage {
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
}

export interface ComposeOptions {
  readonly base: BaseContent | undefined;
  readonly layer: Pick<Layer, 'descriptor'> | undefined;
  readonly platform: Platform;
  /** Creation time, in seconds since 1970. */
  readonly epoch: number;
}

/** OCI media types for Docker's layer media types; the blobs are identical. */
const OCI_LAYER_TYPES: Readonly<Record<string, string>> = {
  [MediaType.dockerLayer]: MediaType.layer,
  [MediaType.dockerLayerGzip]: MediaType.layerGzip,
  [MediaType.dockerForeign]: MediaType.foreign,
  [MediaType.dockerForeignGzip]: MediaType.foreignGzip,
};

/**
 * Composes the config and manifest of an image without run steps: the layers of the base, one layer of files, and the
 * config of the base, edited: settings of the definition override its own, and its other fields stay, such as
 * `os.version`. Pure: equal inputs give equal bytes.
 *
 * @throws ImageError INVALID (the base's config), USAGE (neither a base nor a layer)
 */
export function compose(
  definition: Definition,
  { base, layer, platform, epoch }: ComposeOptions,
): ComposedImage {
  if (!base && !layer) {
    throw new ImageError('USAGE', `${definition.name}: it has neither copy: nor base:`, {
      hint: 'An image needs at least one layer.',
    });
  }
  const before: JsonObject = base ? parseJsonObject(base.config, 'config of the base') : {};
  const created = new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
  const diffIds = [
    ...(base ? (parseConfig(base.config)?.diffIds ?? []) : []),
    ...(layer ? [layer.descriptor.digest] : []),
  ];
  const history = Array.isArray(before['history']) ? (before['history'] as unknown[]) : [];
  const config = {
    ...before,
    created,
    ...(isUnknownPlatform(platformOfConfig(before)) ? platformFields(platform) : {}),
    config: mergeConfig(containerConfigOf(before, 'config of the base'), definition),
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [
      ...history,
      {
        created,
        // eslint-disable-next-line no-restricted-syntax -- part of the image, whose digest must not change
        created_by: `stowage build ${definition.name}`,
        ...(layer ? {} : { empty_layer: true }),
      },
    ],
  };
  const bytes = Buffer.from(JSON.stringify(config));
  const layers = (base?.layers ?? []).map((each) => ({
    ...each,
    mediaType: OCI_LAYER_TYPES[each.mediaType] ?? each.mediaType,
  }));
  return {
    config: bytes,
    manifest: formatManifest(
      describe(MediaType.config, bytes),
      layer ? [...layers, layer.descriptor] : layers,
    ),
  };
}

/** The absolute working directory of an image, if the definition sets one. @throws ImageError INVALID (the base's config) */
export function workdirOf(
  { workdir }: Definition,
  base: BaseContent | undefined,
): string | undefined {
  if (workdir === undefined) return undefined;
  const before = base ? parseJsonObject(base.config, 'config of the base') : {};
  return resolveWorkdir(workdir, containerConfigOf(before, 'config of the base'));
}

function resolveWorkdir(workdir: string, { WorkingDir }: ContainerConfig): string {
  return posix.resolve('/', WorkingDir ?? '', workdir);
}

/** The platform as a config has it (OCI image spec 1.1, config.md § Properties). */
function platformFields(platform: Platform): JsonObject {
  const { architecture, os, variant, 'os.version': version, 'os.features': features } = platform;
  return {
    architecture,
    os,
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
    ...(variant === undefined ? {} : { variant }),
  };
}

function mergeConfig(
  before: ContainerConfig & JsonObject,
  { env, entrypoint, cmd, workdir, user, labels, ports }: Definition,
): ContainerConfig {
  const exposed = {
    ...before.ExposedPorts,
    ...Object.fromEntries(ports.flatMap(parsePorts).map((port) => [port, {}])),
  };
  const allLabels = { ...before.Labels, ...labels };
  const allEnv = mergeEnv(before.Env ?? [], env);
  // A new entrypoint discards the Cmd of the base, as in a Dockerfile.
  const arguments_ = cmd ?? (entrypoint === undefined ? before.Cmd : undefined);
  return {
    ...before,
    ...(user === undefined ? {} : { User: user }),
    ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: sortKeys(exposed) }),
    ...(allEnv.length === 0 ? {} : { Env: allEnv }),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(arguments_ === undefined ? { Cmd: [] } : { Cmd: arguments_ }),
    ...(workdir === undefined ? {} : { WorkingDir: resolveWorkdir(workdir, before) }),
    ...(Object.keys(allLabels).length === 0 ? {} : { Labels: sortKeys(allLabels) }),
  };
}

function mergeEnv(before: readonly string[], added: Readonly<Record<string, string>>): string[] {
  const env = new Map(before.map((each) => [each.replace(/=.*/s, ''), each]));
  for (const [key, value] of Object.entries(added)) env.set(key, `${key}=${value}`);
  return [...env.values()];
}

function sortKeys<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
