import { ImageError } from '../errors.js';
import { parsePlatform, type Platform } from '../oci/platform.js';
import { canonicalReference } from '../oci/reference.js';
import { imageSchema, type CopyYaml, type ImageYaml } from './image-schema.js';
import { formatName, normalizeOs, type ImageName } from './name.js';
import { readYaml, schemaOf, type YamlFile } from './read-yaml.js';

export const DEFINITION_FILE = 'image.yaml';

export interface Facts {
  readonly compilers: readonly string[];
  readonly packages: readonly string[];
  readonly tools: readonly string[];
}

/** How one image of a project is made: `image.yaml`, checked, with what it leaves unsaid written out. */
export interface Definition extends ImageName {
  readonly name: string;
  /** Fully qualified. */
  readonly reference: string;
  readonly base: string;
  /** Absent: made without an engine. */
  readonly dockerfile?: string;
  /** Relative to the definition's folder. */
  readonly context: string;
  readonly args: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly network?: string;
  readonly platform?: Platform;
  readonly copy: readonly CopyYaml[];
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly after: readonly string[];
  readonly facts: Facts;
}

export const SCRATCH = 'scratch';

const schema = schemaOf<ImageYaml>(imageSchema);
/** Keys that belong inside the Dockerfile when there is one. */
const DAEMONLESS = ['copy', 'env', 'entrypoint', 'cmd', 'workdir', 'user', 'ports'] as const;
/** Keys that mean nothing without a Dockerfile. */
const DOCKERFILE = ['args', 'target', 'network'] as const;

/**
 * Reads a definition.
 *
 * @throws ImageError USAGE (every problem with line and column), NAMING (with the nearest valid name)
 */
export function parseDefinition(file: YamlFile): Definition {
  const yaml = readYaml(file, schema);
  const misplaced = (yaml.dockerfile === undefined ? DOCKERFILE : DAEMONLESS).filter(
    (key) => yaml[key] !== undefined,
  );
  if (misplaced.length > 0) {
    const why =
      yaml.dockerfile === undefined
        ? 'these need a dockerfile'
        : 'with a dockerfile these belong inside it';
    throw new ImageError('USAGE', `${file.path}: ${misplaced.join(', ')}: ${why}`, {
      location: file.path,
    });
  }
  const parts = { project: yaml.project, os: normalizeOs(yaml.os), variant: yaml.variant };
  const name = named(parts, file.path);
  const { dockerfile, target, network, entrypoint, cmd, workdir, user } = yaml;
  return {
    ...parts,
    name,
    reference: canonicalReference(yaml.reference ?? `${name}:latest`),
    base: yaml.base ?? SCRATCH,
    context: yaml.context ?? '.',
    args: yaml.args ?? {},
    copy: yaml.copy ?? [],
    env: yaml.env ?? {},
    labels: yaml.labels ?? {},
    ports: (yaml.ports ?? []).map(String),
    after: yaml.after ?? [],
    facts: { compilers: [], packages: [], tools: [], ...yaml.facts },
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(target === undefined ? {} : { target }),
    ...(network === undefined ? {} : { network }),
    ...(yaml.platform === undefined ? {} : { platform: parsePlatform(yaml.platform) }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(cmd === undefined ? {} : { cmd }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(user === undefined ? {} : { user }),
  };
}

function named(parts: ImageName, path: string): string {
  try {
    return formatName(parts);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${path}: ${error.message}`, {
      location: path,
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}
