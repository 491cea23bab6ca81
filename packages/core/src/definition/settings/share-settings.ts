import { ImageError } from '../../errors.js';
import { parseRepository } from '../../oci/reference.js';

/** Whether the share is asked for images, and whether new images are written to it. */
export type ShareMode = 'read' | 'read-write' | 'off';

export const SHARE_MODES: readonly ShareMode[] = ['read', 'read-write', 'off'];

/** `share:` of `stowage.yaml` as it is written. */
export interface ShareYaml {
  readonly repository: string;
  readonly mode?: ShareMode;
  readonly pull_requests?: string;
  readonly required?: boolean;
}

/** The registry that a team has, as the build cache and the store of all machines. */
export interface ShareSettings {
  readonly repository: ShareRepository;
  readonly mode: ShareMode;
  /** The repository that pull requests read too, and write. */
  readonly pullRequests?: ShareRepository;
  /** Whether a share that does not answer is an error; otherwise it is a notice, and images are built here. */
  readonly required: boolean;
}

/** One repository of a registry. */
export interface ShareRepository {
  readonly registry: string;
  readonly repository: string;
  /** Whether it was written with the scheme `http`; undefined without a scheme. */
  readonly plainHttp?: boolean;
}

const repository = (description: string, example: string) => ({
  type: 'string',
  minLength: 1,
  description,
  examples: [example],
});

/** JSON Schema of `share:`. */
export const shareSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['repository'],
  description:
    'A repository of a registry that all machines share: an image whose inputs it knows is fetched, not built.',
  properties: {
    repository: repository(
      'The repository: [http(s)://]HOST[:PORT]/REPOSITORY.',
      'ghcr.io/acme/app/images',
    ),
    mode: {
      enum: [...SHARE_MODES],
      default: 'read',
      description:
        'read: ask it for images. read-write: also publish what was built. off: do not ask. The environment variable STOWAGE_SHARE overrides it.',
    },
    pull_requests: repository(
      'Repository that jobs of pull requests read too, and write; other jobs never read it.',
      'ghcr.io/acme/app/images-pr',
    ),
    required: {
      type: 'boolean',
      default: false,
      description:
        'Fail if the share does not answer; otherwise that is a notice, and images are built here.',
    },
  },
} as const;

/** Parses `share:`. @param path of the settings, for messages. @throws ImageError USAGE */
export function parseShare(yaml: ShareYaml, path: string): ShareSettings {
  const { pull_requests: pullRequests, mode = 'read', required = false } = yaml;
  return {
    repository: parseShareRepository(yaml.repository, `${path}: share.repository`),
    mode,
    required,
    ...(pullRequests === undefined
      ? {}
      : { pullRequests: parseShareRepository(pullRequests, `${path}: share.pull_requests`) }),
  };
}

function parseShareRepository(text: string, what: string): ShareRepository {
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*)$/s.exec(text) ?? [];
  try {
    if (!rest.includes('/')) throw new ImageError('USAGE', 'no host');
    const plain = scheme === undefined ? {} : { plainHttp: scheme === 'http' };
    return { ...parseRepository(rest), ...plain };
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    throw new ImageError(
      'USAGE',
      `${what}: expected HOST[:PORT]/REPOSITORY, got ${JSON.stringify(text)}`,
      { cause, hint: 'For example ghcr.io/acme/app/images; give no tag.' },
    );
  }
}
