import { ImageError } from '../errors.js';
import { parsePlatform } from '../oci/platform.js';
import { formatCompiler, isCompiler, parseCompiler, type Compiler } from './compiler.js';
import { imageOfOs } from './distributions.js';
import type { ImageYaml } from './image-schema.js';
import { compilerOf, featuresOf, formatName, normalizeOs, variantOf } from './name.js';
import { readYaml, schemaOf, type YamlFile } from './read-yaml.js';
import { option, wording } from '../wording.js';

/** The image that a job needs. */
export interface Requirements {
  readonly project: string;
  /** `<distribution>-<version>`. */
  readonly os: string;
  /** As in `GOARCH`: `amd64`. */
  readonly architecture: string;
  readonly compiler?: Compiler;
  readonly packages: readonly string[];
  readonly tools: readonly string[];
  /** A sorted set that must match exactly: an asan job never gets a plain image, nor the reverse. */
  readonly features: readonly string[];
}

/** Requirements as people write them; a list may be one text, separated by spaces or commas. */
export interface RequirementsYaml {
  readonly project?: string | undefined;
  readonly os?: string | undefined;
  readonly arch?: string | undefined;
  readonly architecture?: string | undefined;
  readonly compiler?: string | undefined;
  /** Compiler and features in one: `gcc15-asan`. */
  readonly variant?: string | undefined;
  readonly packages?: string | readonly string[] | undefined;
  readonly tools?: string | readonly string[] | undefined;
  readonly features?: string | readonly string[] | undefined;
}

const text = { type: 'string', minLength: 1 } as const;
const words = { type: ['string', 'array'], items: text } as const;
const schema = schemaOf<RequirementsYaml>({
  type: 'object',
  additionalProperties: false,
  properties: {
    project: text,
    os: text,
    arch: text,
    architecture: text,
    compiler: text,
    variant: text,
    packages: words,
    tools: words,
    features: words,
  },
});

/** Parses requirements in a YAML or JSON file. @throws ImageError USAGE (every problem with line and column) */
export function parseRequirements(file: YamlFile): RequirementsYaml {
  return readYaml(file, schema);
}

/**
 * Validates requirements and fills in defaults.
 *
 * @param defaults the project, and the architecture of this machine.
 * @throws ImageError USAGE (no operating system, invalid compiler or architecture), NAMING
 */
export function requirementsOf(
  yaml: RequirementsYaml,
  defaults: Pick<Requirements, 'project' | 'architecture'>,
): Requirements {
  const { project = defaults.project, os, variant } = yaml;
  if (os === undefined)
    throw new ImageError('USAGE', 'os: the job names no operating system', {
      hint: wording`For example ${option('os', 'ubuntu-25.04')}.`,
    });
  const architecture = yaml.architecture ?? yaml.arch ?? defaults.architecture;
  const compiler = compilerFrom(yaml.compiler) ?? (variant && compilerOf(variant)) ?? undefined;
  const requirements: Requirements = {
    project,
    os: normalizeOs(os).toLowerCase(),
    architecture: parsePlatform(`linux/${architecture}`).architecture,
    packages: listOf(yaml.packages),
    tools: listOf(yaml.tools),
    features: [
      ...new Set([...listOf(yaml.features).map(toLower), ...(variant ? featuresOf(variant) : [])]),
    ].sort(),
    ...(compiler ? { compiler } : {}),
  };
  nameFor(requirements);
  return requirements;
}

/** The conventional name of an image for these requirements. @throws ImageError NAMING */
export function nameFor({ project, os, compiler, features }: Requirements): string {
  return formatName({ project, os, variant: variantOf(compiler, features) });
}

/** An existing image that another one can be built on. */
export interface Base {
  readonly name: string;
  readonly compilers?: readonly string[] | undefined;
  readonly packages?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
}

/** Writes a definition that meets requirements, as in `image.yaml`: on a base, or on the official image of the distribution. */
export function definitionFor(requirements: Requirements, base?: Base): ImageYaml {
  const { project, os, architecture, compiler, features, packages, tools } = requirements;
  const has = (base?.compilers ?? []).flatMap((each) => parseCompiler(each) ?? []);
  const hasCompiler = !compiler || has.some((each) => isCompiler(each, compiler));
  return {
    project,
    os,
    variant: variantOf(compiler, features),
    base: base?.name ?? upstreamBase(requirements),
    platforms: [`linux/${architecture}`],
    compilers: hasCompiler ? [] : [formatCompiler(compiler)],
    packages: packages.filter((each) => !base?.packages?.includes(each)),
    tools: tools.filter((each) => !base?.tools?.includes(each)),
  };
}

/** Name of the official image of a distribution: `ubuntu:25.04`. */
export function upstreamBase({ os }: Requirements): string {
  return imageOfOs(os);
}

function compilerFrom(word: string | undefined): Compiler | undefined {
  if (word === undefined) return undefined;
  const compiler = parseCompiler(word);
  if (compiler) return compiler;
  throw new ImageError(
    'USAGE',
    `compiler: expected the name of a compiler, with or without its version, got ${JSON.stringify(word)}`,
    { hint: 'For example gcc15, clang-20 or gcc.' },
  );
}

function listOf(value: string | readonly string[] = []): readonly string[] {
  const all = typeof value === 'string' ? value.split(/[\s,]+/) : value;
  return [...new Set(all.filter((word) => word !== ''))];
}

function toLower(word: string): string {
  return word.toLowerCase();
}
