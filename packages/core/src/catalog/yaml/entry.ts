import type { Digest } from '../../oci/digest.js';
import { isObject } from '../../oci/json.js';
import type { ImageRecord } from '../record.js';
import { featuresOf, parseName } from '../../definition/name.js';
import { familiarReference, parseReference } from '../../oci/reference.js';

/**
 * One image of `image-registry.yml`, with the keys of the file: `digest`, `size` and `pinned` are new, the others come
 * from older tools.
 */
export interface EntryYaml {
  readonly name: string;
  /** Path of the archive, relative to the catalog or to the workspace. */
  readonly file: string;
  readonly docker_tag?: string;
  /** Operating system and version, as `ubuntu:25.04`. */
  readonly os?: string;
  readonly architecture?: string;
  readonly packages?: readonly string[];
  readonly compilers?: readonly string[];
  readonly tools?: readonly string[];
  readonly variants?: readonly string[];
  /** Size of the archive in MB (1,000,000 bytes). */
  readonly size_mb?: number;
  /** Time in ISO 8601, as `last_used`. */
  readonly created?: string;
  readonly last_used?: string;
  readonly usage_count?: number;
  readonly pinned?: boolean;
  readonly digest?: Digest;
  /** Size of the archive in bytes. */
  readonly size?: number;
}

const BYTES_PER_MB = 1_000_000;
/** The kind of a key's value. */
type ValueKind =
  | 'name'
  | 'file'
  | 'text'
  | 'texts'
  | 'time'
  | 'amount'
  | 'count'
  | 'size'
  | 'flag'
  | 'digest';

/** The keys of an entry that Stowage reads, each with the kind of its value. */
export const ENTRY_KINDS = {
  name: 'name',
  file: 'file',
  docker_tag: 'text',
  os: 'text',
  architecture: 'text',
  packages: 'texts',
  compilers: 'texts',
  tools: 'texts',
  variants: 'texts',
  size_mb: 'amount',
  created: 'time',
  last_used: 'time',
  usage_count: 'count',
  pinned: 'flag',
  digest: 'digest',
  size: 'size',
} as const satisfies Readonly<Record<keyof EntryYaml, ValueKind>>;

/** Older tools write numbers for texts, texts for numbers, and null for what they do not know. */
const scalar = { type: ['string', 'number', 'null'] } as const;
const SCHEMAS: Readonly<Record<ValueKind, object>> = {
  name: { type: ['string', 'number'] },
  file: { type: 'string', minLength: 1 },
  text: scalar,
  texts: { type: ['array', 'string', 'null'], items: scalar },
  time: scalar,
  amount: scalar,
  count: scalar,
  size: scalar,
  flag: { type: ['boolean', 'string', 'number', 'null'] },
  digest: scalar,
};

/** JSON Schema of `image-registry.yml` for editors. Unknown keys are allowed, for other tools. */
export const catalogSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'image-registry.yml',
  description: 'The index of archives.',
  type: 'object',
  properties: {
    images: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        required: ['name', 'file'],
        properties: Object.fromEntries(
          Object.entries(ENTRY_KINDS).map(([key, kind]) => [key, SCHEMAS[kind]]),
        ),
      },
    },
  },
} as const;

/** Whether a parsed JSON value is an {@link EntryYaml}. */
export function isEntry(value: unknown): value is EntryYaml {
  if (!isObject(value) || !value['name'] || !value['file']) return false;
  return Object.keys(value).every((key) => {
    const kind = KINDS.get(key);
    return kind === undefined || isOfKind(value[key], kind);
  });
}

const KINDS: ReadonlyMap<string, ValueKind> = new Map(Object.entries(ENTRY_KINDS));

function isOfKind(value: unknown, kind: ValueKind): boolean {
  if (value === undefined) return true;
  if (kind === 'texts') return value === null || (Array.isArray(value) && value.every(isText));
  return typeof value === (JSON_TYPES[kind] ?? 'string');
}

/** Types of the kinds that are no strings. */
const JSON_TYPES: Readonly<Partial<Record<ValueKind, 'number' | 'boolean'>>> = {
  amount: 'number',
  count: 'number',
  size: 'number',
  flag: 'boolean',
};

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Values of keys that an entry gets when it is added. @param now milliseconds since 1970. */
export function newEntry(now: number): Partial<EntryYaml> {
  return { created: new Date(now).toISOString(), usage_count: 0 };
}

/** Converts a record to a catalog entry. @param size of the archive in bytes; undefined if there is none. */
export function entryOf(record: ImageRecord, file: string, size: number | undefined): EntryYaml {
  const parts = parseName(record.name);
  const { compilers, packages, tools } = record.facts;
  return {
    name: record.name,
    file,
    docker_tag: familiarReference(parseReference(record.reference)),
    ...(parts ? { os: parts.os.replace('-', ':') } : {}),
    ...architectureOf(record),
    packages,
    compilers,
    tools,
    variants: parts ? featuresOf(parts.variant) : [],
    digest: record.digest,
    ...(size === undefined ? {} : { size_mb: Math.round((size / BYTES_PER_MB) * 10) / 10, size }),
  };
}

/** Several architectures of an index are joined by commas, because older tools read a single string. */
function architectureOf({
  platform,
  platforms = [],
}: ImageRecord): Pick<EntryYaml, 'architecture'> {
  const all = [...(platform ? [platform] : []), ...platforms];
  const words = [...new Set(all.map(({ architecture }) => architecture))];
  return words.length === 0 ? {} : { architecture: words.join(',') };
}
