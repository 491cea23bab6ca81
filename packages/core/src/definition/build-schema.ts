import { line, map, text } from './schema-parts.js';

/** One `secrets:` entry as it is written; it has `env` or `file`. */
export interface SecretYaml {
  readonly id: string;
  readonly env?: string;
  readonly file?: string;
}

const ID = { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$' } as const;

/** Keys of `image.yaml` about how an engine builds the image. */
export const buildProperties = {
  dockerfile: line(
    'Dockerfile to build with an engine, relative to the context; the base is passed to it as ARG BASE.',
    'Dockerfile',
  ),
  context: line(
    'Folder with the files to use, relative to this file; the folder of this file when omitted.',
    '../..',
  ),
  args: map('Build arguments of the Dockerfile.'),
  target: text('The stage of the Dockerfile to build.'),
  secrets: {
    type: 'array',
    minItems: 1,
    description:
      'Secrets that steps of the Dockerfile may mount (type=secret,id=ID), with BuildKit; they are neither in the image nor in a cache.',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      properties: {
        id: { ...ID, description: 'Name in the Dockerfile.' },
        env: text('The environment variable with the secret.'),
        file: line('The file with the secret, in the workspace, relative to this file.'),
      },
    },
  },
  ssh: {
    type: 'array',
    minItems: 1,
    uniqueItems: true,
    items: ID,
    description:
      'IDs that steps of the Dockerfile may mount (type=ssh,id=ID), with BuildKit, to use the keys in the agent of SSH_AUTH_SOCK.',
    examples: [['default']],
  },
  network: text(
    // eslint-disable-next-line no-restricted-syntax -- docker's flag
    'Network of build steps and tests, as in docker build --network; the one in stowage.yaml when omitted.',
    'host',
  ),
} as const;
