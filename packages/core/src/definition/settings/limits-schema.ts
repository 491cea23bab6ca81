/** Limits for untrusted archives and layouts; sizes as `4MiB`. */
export interface SettingsLimits {
  readonly manifest?: string;
  readonly unpacked?: string;
  readonly members?: number;
  readonly tar_header?: string;
  readonly json_depth?: number;
  readonly index_depth?: number;
}

const BYTES = {
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)? ?[kKmMgGtTpP]?i?[bB]?$',
} as const;
const COUNT = { type: 'integer', minimum: 1 } as const;

/** `limits` of `stowage.yaml`. */
export const limitsSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'Limits for untrusted archives and layouts.',
  properties: {
    manifest: {
      ...BYTES,
      default: '4MiB',
      description: 'Largest manifest, index, config or manifest.json.',
    },
    unpacked: {
      ...BYTES,
      default: '256GiB',
      description: 'Largest size of an archive or layer after decompression.',
    },
    members: { ...COUNT, default: 1_000_000, description: 'Largest number of members in a tar.' },
    tar_header: {
      ...BYTES,
      default: '1MiB',
      description: 'Largest extended header of a tar, such as a long name.',
    },
    json_depth: { ...COUNT, default: 64, description: 'Deepest nesting of JSON.' },
    index_depth: { ...COUNT, default: 16, description: 'Deepest nesting of indexes.' },
  },
} as const;
