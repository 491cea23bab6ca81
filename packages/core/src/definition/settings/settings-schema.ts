import { ENGINES, type EngineName } from '../engines.js';
import { DURATION } from '../image-schema.js';
import { limitsSchema, type SettingsLimits } from './limits-schema.js';
import { serveSchema, type ServeYaml } from './serve-schema.js';
import { shareSchema, type ShareYaml } from './share-settings.js';

/** How the layers of pushed images are compressed. */
export type PushCompression = 'auto' | 'none' | 'gzip' | 'zstd';

/** A count of archives: of each name, of each project, of each operating system. */
export interface GroupCounts {
  readonly name?: number;
  readonly project?: number;
  readonly os?: number;
}

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
    readonly keep_newest?: number | GroupCounts;
    readonly unused_for?: string;
    readonly min_age?: string;
    readonly max_used?: string;
    readonly min_free?: string;
    readonly reserved?: string;
    readonly orphans?: boolean;
    readonly disk_min_free_gb?: number;
  };
  /** Deprecated: use `prune.min_free`. */
  readonly disk_min_free_gb?: number;
  readonly push?: {
    readonly to?: string;
    readonly library?: boolean;
    readonly compress?: PushCompression;
  };
  readonly default_registry?: string;
  readonly share?: ShareYaml;
  readonly cache?: { readonly unused_for?: string; readonly max_used?: string };
  readonly pins?: readonly string[];
  readonly limits?: SettingsLimits;
  readonly serve?: ServeYaml;
}

const SIZE = {
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)? ?([kKmMgGtTpP]?i?[bB]?|%)$',
} as const;
const COUNT = { type: 'integer', minimum: 1 } as const;
const DISK_MIN_FREE_GB = {
  type: 'number',
  minimum: 0,
  description: 'Deprecated: use prune.min_free. In GB.',
} as const;

/** JSON Schema of `stowage.yaml`. */
export const settingsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'stowage.yaml',
  description: 'Settings of Stowage in this workspace.',
  type: 'object',
  additionalProperties: false,
  properties: {
    images: {
      type: 'string',
      minLength: 1,
      default: 'images',
      description: 'Folder of the archives and the catalog.',
    },
    archives: {
      type: 'array',
      maxItems: 100,
      items: { type: 'string', minLength: 1 },
      description:
        'Folders outside the workspace with archives that the catalog may name. They are only read.',
      examples: [['/srv/images']],
    },
    engine: {
      enum: [...ENGINES],
      default: 'auto',
      description: 'Engine that commands and targets use.',
    },
    host: {
      type: 'string',
      minLength: 1,
      description: 'Address of the engine, as in DOCKER_HOST.',
    },
    network: {
      type: 'string',
      minLength: 1,
      // eslint-disable-next-line no-restricted-syntax -- docker's flag
      description: 'Network of build steps and tests, as in docker build --network.',
      examples: ['host'],
    },
    runners: {
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1 },
      description: 'Operating system for each label of runs-on in workflows.',
      examples: [{ 'ubuntu-latest': 'ubuntu-24.04' }],
    },
    naming: {
      type: 'object',
      additionalProperties: false,
      properties: {
        pattern: {
          type: 'string',
          description:
            'Regular expression that every name must match, in addition to the convention.',
        },
      },
    },
    prune: {
      type: 'object',
      additionalProperties: false,
      description: 'Rules for deleting archives.',
      properties: {
        keep_newest: {
          description:
            'Keep this many of the newest archives of each name; or of each name, project and operating system.',
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
          description: 'Delete only archives that were not used for this long.',
          examples: ['30d'],
        },
        min_age: {
          ...DURATION,
          description: 'Never delete archives younger than this.',
          examples: ['1d'],
        },
        max_used: {
          ...SIZE,
          description:
            'Largest total size: beyond it, the least recently used archives are deleted.',
          examples: ['50GB', '20%'],
        },
        min_free: {
          ...SIZE,
          description: 'Smallest free space on each file system that holds archives.',
          examples: ['10%'],
        },
        reserved: {
          ...SIZE,
          description: 'Total size that is always kept, whatever the other rules say.',
        },
        orphans: { type: 'boolean', description: 'Also delete archives without a record.' },
        disk_min_free_gb: { ...DISK_MIN_FREE_GB },
      },
    },
    disk_min_free_gb: { ...DISK_MIN_FREE_GB },
    push: {
      type: 'object',
      additionalProperties: false,
      properties: {
        to: {
          type: 'string',
          minLength: 1,
          description: 'Registry to push images to: [http(s)://]HOST[:PORT][/PREFIX].',
          examples: ['registry.example.com/team'],
        },
        library: {
          type: 'boolean',
          default: true,
          description:
            'Docker Hub keeps images without a path, as app, below library/, and so do pushed names. false leaves library/ out.',
        },
        compress: {
          enum: ['auto', 'none', 'gzip', 'zstd'],
          default: 'auto',
          description:
            'Compression of pushed layers. auto leaves images that already have a manifest digest unchanged, and gzips other layers, except for a registry on this machine.',
        },
      },
    },
    default_registry: {
      type: 'string',
      pattern: '^(localhost|[^/]*[.:][^/]*)(/[a-z0-9][a-z0-9._-]*)*$',
      default: 'docker.io',
      description:
        'Registry that pull and load ask for a reference without a host: HOST[:PORT][/PREFIX]. Names are those of Docker Hub: nginx is PREFIX/library/nginx there.',
      examples: ['mirror.example.com/dockerhub'],
    },
    share: shareSchema,
    cache: {
      type: 'object',
      additionalProperties: false,
      description: 'Limits of the cache of images from registries, applied after a pull or a load.',
      properties: {
        unused_for: {
          ...DURATION,
          description: 'Remove images that were not used for this long.',
          examples: ['30d'],
        },
        max_used: {
          type: 'string',
          pattern: '^[0-9]+(\\.[0-9]+)? ?[kKmMgGtTpP]?i?[bB]?$',
          description: 'Largest size: beyond it, the least recently used images are removed.',
          examples: ['20GB'],
        },
      },
    },
    pins: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Names that are never pruned; * matches any text.',
    },
    limits: limitsSchema,
    serve: serveSchema,
  },
} as const;
