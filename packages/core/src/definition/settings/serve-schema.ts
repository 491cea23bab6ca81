import { DURATION } from '../image-schema.js';

/** `serve` of `stowage.yaml`, as it is written. */
export interface ServeYaml {
  readonly root?: string;
  readonly listen?: string;
  readonly read_only?: boolean;
  readonly htpasswd?: string;
  readonly anonymous?: 'read' | 'write';
  readonly allow?: readonly string[];
  readonly allowed_hosts?: readonly string[];
  readonly tls_cert?: string;
  readonly tls_key?: string;
  readonly max_used?: string;
  readonly max_used_below?: Readonly<Record<string, string>>;
  readonly upstream?: readonly string[];
  readonly gc_every?: string;
  readonly scrub_every?: string;
  readonly scrub_rate?: string;
  readonly log?: 'text' | 'json' | 'none';
  readonly workers?: number;
  readonly prune?: ServePruneYaml;
}

/** Rules by which a running registry deletes images. */
export interface ServePruneYaml {
  readonly every?: string;
  readonly keep_newest?: number;
  readonly unused_for?: string;
  readonly min_age?: string;
  readonly max_used?: string;
  readonly min_free?: string;
  readonly keep?: readonly string[];
}

const TEXT = { type: 'string', minLength: 1 } as const;
const TEXTS = { type: 'array', maxItems: 1000, items: TEXT } as const;
const SIZE = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)? ?([kKmMgGtTpP]?i?[bB]?|%)$' } as const;
const BYTES = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)? ?[kKmMgGtTpP]?i?[bB]?$' } as const;

/** JSON Schema of `serve`. Relative paths start at the folder of the settings file. */
export const serveSchema = {
  type: 'object',
  additionalProperties: false,
  description:
    'The registry that serve runs. Only in a file that is given as settings; options replace it.',
  properties: {
    root: { ...TEXT, description: 'Folder of its content.', examples: ['/srv/registry'] },
    listen: { ...TEXT, description: 'Address to listen on.', examples: ['0.0.0.0:5000'] },
    read_only: { type: 'boolean', description: 'Refuse pushes and deletions.' },
    htpasswd: { ...TEXT, description: 'File with the users that may log in.' },
    anonymous: { enum: ['read', 'write'], description: 'Access without a login.' },
    allow: {
      ...TEXTS,
      items: { type: 'string', pattern: '^[^:]+:(read|write):.+$' },
      description: 'Rules, as USER:read|write:REPOSITORIES; * matches anything.',
      examples: [['ada:write:team/*', '*:read:*']],
    },
    allowed_hosts: { ...TEXTS, description: 'Host names that clients may use without a login.' },
    tls_cert: { ...TEXT, description: 'Certificate (PEM).' },
    tls_key: { ...TEXT, description: 'Key of the certificate (PEM).' },
    max_used: { ...BYTES, description: 'Largest disk space of the folder.', examples: ['50GB'] },
    max_used_below: {
      type: 'object',
      additionalProperties: BYTES,
      description: 'Largest content of the repositories below a path.',
      examples: [{ 'team-a': '20GB' }],
    },
    upstream: {
      ...TEXTS,
      description: 'Registries to fetch missing content from: [NAME=]HOST[/PREFIX].',
    },
    gc_every: { ...DURATION, description: 'Interval of garbage collection.', default: '1h' },
    scrub_every: { ...DURATION, description: 'Interval of verifying all content.', default: '7d' },
    scrub_rate: { ...BYTES, description: 'Bytes per second to verify.', default: '20MB' },
    log: { enum: ['text', 'json', 'none'], description: 'How requests are logged.' },
    workers: {
      type: 'integer',
      minimum: 1,
      maximum: 64,
      description: 'Processes that answer requests; one for each core, at most 4, when omitted.',
    },
    prune: {
      type: 'object',
      additionalProperties: false,
      description: 'Delete images by these rules while the registry runs.',
      properties: {
        every: { ...DURATION, description: 'Interval of deletions.', default: '1d' },
        keep_newest: { type: 'integer', minimum: 1, description: 'Keep this many of each name.' },
        unused_for: { ...DURATION, description: 'Delete only images unused for this long.' },
        min_age: { ...DURATION, description: 'Never delete images younger than this.' },
        max_used: { ...SIZE, description: 'Beyond it the least recently used images go.' },
        min_free: { ...SIZE, description: 'Smallest free space on the file system.' },
        keep: { ...TEXTS, description: 'Names that are never deleted; * matches any text.' },
      },
    },
  },
} as const;
