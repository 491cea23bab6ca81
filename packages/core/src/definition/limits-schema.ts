/** Limits for archives and layouts from elsewhere; sizes as `4MiB`. */
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
  description: 'How much is believed of archives and layouts from elsewhere.',
  properties: {
    manifest: {
      ...BYTES,
      default: '4MiB',
      description: 'The largest manifest, index, config or manifest.json.',
    },
    unpacked: {
      ...BYTES,
      default: '256GiB',
      description: 'What one compressed archive or layer may become.',
    },
    members: { ...COUNT, default: 1_000_000, description: 'How many files a tar may have.' },
    tar_header: {
      ...BYTES,
      default: '1MiB',
      description: 'The largest extended header of a tar: a long name.',
    },
    json_depth: { ...COUNT, default: 64, description: 'How deep JSON may be nested.' },
    index_depth: { ...COUNT, default: 16, description: 'How deep indexes may be nested.' },
  },
} as const;
