import { ImageError } from '../errors.js';
import { DURATION } from './image-schema.js';
import { readYaml, schemaOf, type YamlFile } from './read-yaml.js';

export const SETTINGS_FILE = 'stowage.yaml';

/** `stowage.yaml` as it is written. Durations as in `30d`, `12h`. */
export interface SettingsYaml {
  readonly images?: string;
  readonly engine?: 'auto' | 'docker' | 'embedded';
  readonly host?: string;
  readonly network?: string;
  readonly runners?: Readonly<Record<string, string>>;
  readonly naming?: { readonly pattern?: string };
  readonly prune?: {
    readonly keep_newest?: number;
    readonly unused_for?: string;
    readonly min_age?: string;
  };
  readonly pins?: readonly string[];
}

export interface Settings {
  /** The folder of archives and catalog, relative to the workspace. */
  readonly images: string;
  readonly engine: 'auto' | 'docker' | 'embedded';
  readonly host?: string;
  /** Of build steps and tests, unless a definition says otherwise. */
  readonly network?: string;
  /** What labels of a workflow's `runs-on` stand for, where these name no system themselves. */
  readonly runners: Readonly<Record<string, string>>;
  /** What every name must match besides the convention. */
  readonly namePattern?: RegExp;
  readonly prune: {
    readonly keepNewest?: number;
    readonly unusedFor?: string;
    readonly minAge?: string;
  };
  /** Names that are never pruned; `*` stands for anything. */
  readonly pins: readonly string[];
}

/** JSON Schema of `stowage.yaml`. */
export const settingsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'stowage.yaml',
  description: 'How Stowage works in this workspace.',
  type: 'object',
  additionalProperties: false,
  properties: {
    images: {
      type: 'string',
      minLength: 1,
      default: 'images',
      description: 'The folder of archives and catalog.',
    },
    engine: {
      enum: ['auto', 'docker', 'embedded'],
      default: 'auto',
      description: 'Which engine commands and targets use.',
    },
    host: {
      type: 'string',
      minLength: 1,
      description: 'Where the engine listens, as in DOCKER_HOST.',
    },
    network: {
      type: 'string',
      minLength: 1,
      description: 'Network of build steps and tests, as in docker build --network.',
      examples: ['host'],
    },
    runners: {
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1 },
      description: 'The operating system that labels of runs-on in workflows stand for.',
      examples: [{ 'ubuntu-latest': 'ubuntu-24.04' }],
    },
    naming: {
      type: 'object',
      additionalProperties: false,
      properties: {
        pattern: {
          type: 'string',
          description: 'A regular expression that every name must match besides the convention.',
        },
      },
    },
    prune: {
      type: 'object',
      additionalProperties: false,
      description: 'Which archives may go.',
      properties: {
        keep_newest: {
          type: 'integer',
          minimum: 1,
          description: 'Keep this many of each project and operating system.',
        },
        unused_for: {
          ...DURATION,
          description: 'Delete only what was not used for this long.',
          examples: ['30d'],
        },
        min_age: { ...DURATION, description: 'Never delete what is younger.', examples: ['1d'] },
      },
    },
    pins: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Names that are never pruned; * stands for anything.',
    },
  },
} as const;

/** As GitHub's own runners have it in 2026. */
const RUNNERS = { 'ubuntu-latest': 'ubuntu-24.04' };

const schema = schemaOf<SettingsYaml>(settingsSchema);

/** @throws ImageError USAGE (every problem with line and column) */
export function parseSettings(file: YamlFile): Settings {
  const {
    images = 'images',
    engine = 'auto',
    host,
    network,
    runners = {},
    naming,
    prune = {},
    pins = [],
  } = readYaml(file, schema);
  const { keep_newest: keepNewest, unused_for: unusedFor, min_age: minAge } = prune;
  return {
    images,
    engine,
    pins,
    runners: { ...RUNNERS, ...runners },
    prune: {
      ...(keepNewest === undefined ? {} : { keepNewest }),
      ...(unusedFor === undefined ? {} : { unusedFor }),
      ...(minAge === undefined ? {} : { minAge }),
    },
    ...(host === undefined ? {} : { host }),
    ...(network === undefined ? {} : { network }),
    ...(naming?.pattern === undefined ? {} : { namePattern: compile(naming.pattern, file.path) }),
  };
}

function compile(pattern: string, path: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    throw new ImageError(
      'USAGE',
      `${path}: naming.pattern: expected a regular expression, got ${JSON.stringify(pattern)}`,
      { location: path, cause },
    );
  }
}
