import { posix } from 'node:path';
import { ImageError, withPath } from '../errors.js';
import { parsePlatform, type Platform } from '../oci/platform.js';
import { canonicalReference } from '../oci/reference.js';
import { imageSchema, type CopyYaml, type ImageYaml, type RetentionYaml } from './image-schema.js';
import type { SecretYaml } from './build-schema.js';
import { formatName, normalizeOs, type ImageName } from './name.js';
import { parsePorts } from './ports.js';
import { readYaml, schemaOf, type YamlFile } from './read-yaml.js';
import {
  parseHosts,
  parseShmSize,
  parseUlimits,
  type ExtraHost,
  type Ulimit,
} from './settings/step-settings.js';

/** Name of the file that defines an image. */
export const DEFINITION_FILE = 'image.yaml';

/** The software in an image. */
export interface Facts {
  readonly compilers: readonly string[];
  readonly packages: readonly string[];
  readonly tools: readonly string[];
}

/** How one image of a project is made: `image.yaml`, checked, with defaults filled in. */
export interface Definition extends ImageName {
  readonly name: string;
  /** Fully qualified. */
  readonly reference: string;
  readonly base: string;
  /** Relative to the context; absent when it is generated or no engine is needed. */
  readonly dockerfile?: string;
  /** Relative to the definition's folder. */
  readonly context: string;
  /** Further folders of the Dockerfile by name, relative to the definition's folder. */
  readonly buildContexts?: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Each has `env`, or `file` relative to the definition's folder. */
  readonly secrets?: readonly SecretYaml[];
  /** IDs by which build steps reach the SSH agent. */
  readonly ssh?: readonly string[];
  readonly addHosts?: readonly ExtraHost[];
  /** Size of `/dev/shm` of build steps, in bytes. */
  readonly shmSize?: number;
  readonly ulimits?: readonly Ulimit[];
  readonly network?: string;
  /** Platforms to build; when empty, linux on the architecture of the machine. */
  readonly platforms: readonly Platform[];
  readonly copy: readonly CopyYaml[];
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Relative to the working directory of the base, or to `/`. */
  readonly workdir?: string;
  readonly user?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ports and ranges as they are written; `parsePorts` reads them. */
  readonly ports: readonly string[];
  /** Steps that need an engine; a Dockerfile is generated from them. */
  readonly packages: readonly string[];
  readonly compilers: readonly string[];
  readonly tools: readonly string[];
  readonly run: readonly string[];
  /** Commands that must succeed in the image before it is saved. */
  readonly test: readonly string[];
  readonly retention: RetentionYaml;
  readonly after: readonly string[];
  /** Folder of the owning Nx project, relative to the definition's folder. */
  readonly owner?: string;
  /** Another text makes another image of the same files and steps. */
  readonly revision?: string;
  /** Software in the image: facts of the definition, and software that its steps install. */
  readonly facts: Facts;
}

/** The `base` of an image without a base image. */
export const SCRATCH = 'scratch';

const schema = schemaOf<ImageYaml>(imageSchema);
/** Keys that become steps of a generated Dockerfile. */
const STEP_KEYS = ['packages', 'compilers', 'tools', 'run'] as const;
/** Keys that are refused with a Dockerfile: they belong inside it. */
const KEYS_WITHOUT_DOCKERFILE = [
  'copy',
  'env',
  'entrypoint',
  'cmd',
  'workdir',
  'user',
  'ports',
  ...STEP_KEYS,
] as const;
/** Keys that need a Dockerfile. */
const KEYS_WITH_DOCKERFILE = ['build_contexts', 'args', 'target', 'secrets', 'ssh'] as const;
/** Keys that need a Dockerfile or steps. */
const KEYS_WITH_STEPS = ['add_hosts', 'shm_size', 'ulimits'] as const;

/** Whether an image is built from files and a base alone, without an engine. */
export function isDaemonless(definition: Definition): boolean {
  return definition.dockerfile === undefined && !hasSteps(definition);
}

/** Whether a Dockerfile has to be generated. */
export function hasSteps(definition: Definition): boolean {
  return STEP_KEYS.some((key) => definition[key].length > 0);
}

/**
 * Parses a definition.
 *
 * @throws ImageError USAGE (every problem with line and column), NAMING (with the nearest valid name)
 */
export function parseDefinition(file: YamlFile): Definition {
  const yaml = readYaml(file, schema);
  refuseMisplaced(yaml, file.path);
  const parts = { project: yaml.project, os: normalizeOs(yaml.os), variant: yaml.variant };
  const name = atPath(file.path, () => formatName(parts));
  const ports = (yaml.ports ?? []).map(String);
  atPath(file.path, () => ports.forEach(parsePorts));
  const { packages = [], compilers = [], tools = [], run = [] } = yaml;
  const steps = { packages, compilers, tools, run };
  refuseOddSecrets(yaml.secrets, file.path);
  const { dockerfile, target, secrets, ssh, network, entrypoint, cmd, workdir, user, owner } = yaml;
  return {
    ...parts,
    name,
    reference: canonicalReference(yaml.reference ?? `${name}:latest`),
    base: yaml.base ?? SCRATCH,
    context: yaml.context ?? '.',
    ...(yaml.build_contexts === undefined ? {} : { buildContexts: yaml.build_contexts }),
    args: yaml.args ?? {},
    copy: yaml.copy ?? [],
    env: yaml.env ?? {},
    labels: yaml.labels ?? {},
    ports,
    after: yaml.after ?? [],
    platforms: (yaml.platforms ?? []).map(parsePlatform),
    ...steps,
    test: yaml.test ?? [],
    retention: yaml.retention ?? {},
    facts: {
      compilers: union(steps.compilers, yaml.facts?.compilers),
      packages: union(steps.packages, yaml.facts?.packages),
      tools: union(steps.tools, yaml.facts?.tools),
    },
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(target === undefined ? {} : { target }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(ssh === undefined ? {} : { ssh }),
    ...stepSettings(yaml, file.path),
    ...(network === undefined ? {} : { network }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(cmd === undefined ? {} : { cmd }),
    // Builders differ in whether they clean an absolute path.
    ...(workdir === undefined
      ? {}
      : { workdir: posix.isAbsolute(workdir) ? posix.resolve(workdir) : workdir }),
    ...(user === undefined ? {} : { user }),
    ...(owner === undefined ? {} : { owner }),
    ...(yaml.revision === undefined ? {} : { revision: String(yaml.revision) }),
  };
}

/** The settings of the containers of build steps. @throws ImageError USAGE */
function stepSettings({ add_hosts, shm_size, ulimits }: ImageYaml, path: string) {
  return atPath(path, () => ({
    ...(add_hosts === undefined ? {} : { addHosts: parseHosts(add_hosts) }),
    ...(shm_size === undefined ? {} : { shmSize: parseShmSize(shm_size) }),
    ...(ulimits === undefined ? {} : { ulimits: parseUlimits(ulimits) }),
  }));
}

function refuseMisplaced(yaml: ImageYaml, path: string): void {
  const isDockerfile = yaml.dockerfile !== undefined;
  const stepless = KEYS_WITH_STEPS.filter((key) => yaml[key] !== undefined);
  if (stepless.length > 0 && !isDockerfile && !STEP_KEYS.some((key) => yaml[key]?.length))
    throw new ImageError(
      'USAGE',
      `${path}: ${stepless.join(', ')}: these need a dockerfile, or steps such as run`,
      { location: path },
    );
  const misplaced = (isDockerfile ? KEYS_WITHOUT_DOCKERFILE : KEYS_WITH_DOCKERFILE).filter(
    (key) => yaml[key] !== undefined,
  );
  if (misplaced.length === 0) return;
  const why = isDockerfile ? 'with a dockerfile these belong inside it' : 'these need a dockerfile';
  const isFact = misplaced.some((key) => key !== 'run' && STEP_KEYS.some((step) => step === key));
  throw new ImageError('USAGE', `${path}: ${misplaced.join(', ')}: ${why}`, {
    location: path,
    ...(isFact ? { hint: 'List software that the Dockerfile installs under facts:.' } : {}),
  });
}

function refuseOddSecrets(secrets: readonly SecretYaml[] = [], path: string): void {
  for (const [at, { id, env, file }] of secrets.entries()) {
    const isTwice = secrets.findIndex((each) => each.id === id) !== at;
    if (!isTwice && (env === undefined) !== (file === undefined)) continue;
    const why = isTwice ? 'it is there twice' : 'expected either env or file';
    throw new ImageError('USAGE', `${path}: secrets: ${JSON.stringify(id)}: ${why}`, {
      location: path,
    });
  }
}

function union(installed: readonly string[], declared: readonly string[] = []): readonly string[] {
  return [...new Set([...installed, ...declared])];
}

/** Adds the path of the definition to an error. */
function atPath<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw withPath(error, path);
  }
}
