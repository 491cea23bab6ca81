import { ENGINES, type EngineName } from './engines.js';
import { DURATION } from './image-schema.js';
import { limitsSchema, type SettingsLimits } from './limits-schema.js';

/** `stowage.yaml` as it is written. Durations as in `30d`, `12h`. */
export interface SettingsYaml {
  readonly images?: string;
  readonly archives?: readonly string[];
  readonly engine?: EngineName;
  readonly host?: string;
  readonly network?: string;
  readonly runners?: Readonly<Record<string, string>>;
  readonly naming?: { readonly pattern?: string };
  readonly prune?: {
    readonly keep_newest?:
      | number
      | { readonly name?: number; readonly project?: number; readonly os?: number };
    readonly unused_for?: string;
    readonly min_age?: string;
    readonly max_used?: string;
    readonly min_free?: string;
    readonly reserved?: string;
    readonly orphans?: boolean;
    readonly disk_min_free_gb?: number;
  };
  /** The old key; `prune.min_free` says it now. */
  readonly disk_min_free_gb?: number;
  readonly push?: { readonly to?: string };
  readonly cache?: { readonly unused_for?: string; readonly max_used?: string };
  readonly pins?: readonly string[];
  readonly limits?: SettingsLimits;
}

const SIZE = {
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)? ?([kKmMgGtTpP]?i?[bB]?|%)$',
} as const;
const COUNT = { type: 'integer', minimum: 1 } as const;
const OLD_MIN_FREE = {
  type: 'number',
  minimum: 0,
  description: 'The old key for min_free, in GB.',
} as const;

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
    archives: {
      type: 'array',
      maxItems: 100,
      items: { type: 'string', minLength: 1 },
      description:
        'Folders outside the workspace from which the catalog may name archives. They are only read.',
      examples: [['/srv/images']],
    },
    engine: {
      enum: [...ENGINES],
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
          description:
            'Keep this many of each name; or of each name, project and operating system.',
          oneOf: [
            COUNT,
            {
              type: 'object',
              additionalProperties: false,
              minProperties: 1,
              properties: { name: COUNT, project: COUNT, os: COUNT },
            },
          ],
        },
        unused_for: {
          ...DURATION,
          description: 'Delete only what was not used for this long.',
          examples: ['30d'],
        },
        min_age: { ...DURATION, description: 'Never delete what is younger.', examples: ['1d'] },
        max_used: {
          ...SIZE,
          description: 'Keep no more than this in all: delete what was used longest ago.',
          examples: ['50GB', '20%'],
        },
        min_free: {
          ...SIZE,
          description: 'Leave at least this free on each file system that archives are on.',
          examples: ['10%'],
        },
        reserved: { ...SIZE, description: 'Never go below this, whatever the rules ask.' },
        orphans: { type: 'boolean', description: 'Archives without a record may go, too.' },
        disk_min_free_gb: { ...OLD_MIN_FREE },
      },
    },
    disk_min_free_gb: { ...OLD_MIN_FREE },
    push: {
      type: 'object',
      additionalProperties: false,
      properties: {
        to: {
          type: 'string',
          minLength: 1,
          description: 'Where images are pushed to: [http(s)://]HOST[:PORT][/PREFIX].',
          examples: ['registry.example.com/team'],
        },
      },
    },
    cache: {
      type: 'object',
      additionalProperties: false,
      description:
        'When images leave the cache of what came from registries, after a pull or a load.',
      properties: {
        unused_for: {
          ...DURATION,
          description: 'What was not used for this long.',
          examples: ['30d'],
        },
        max_used: {
          type: 'string',
          pattern: '^[0-9]+(\\.[0-9]+)? ?[kKmMgGtTpP]?i?[bB]?$',
          description: 'What was used longest ago, until no more than this is left.',
          examples: ['20GB'],
        },
      },
    },
    pins: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Names that are never pruned; * stands for anything.',
    },
    limits: limitsSchema,
  },
} as const;
