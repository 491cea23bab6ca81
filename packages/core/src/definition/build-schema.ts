import { line, map, text } from './schema-parts.js';

/** One `secrets:` entry as it is written; it has `env` or `file`. */
export interface SecretYaml {
  readonly id: string;
  readonly env?: string;
  readonly file?: string;
}

/** `add_hosts:` as it is written: `name:address`, or addresses by name. */
export type HostsYaml = readonly string[] | Readonly<Record<string, string>>;

/** `ulimits:` as it is written: a limit, or `soft:hard`, by name. */
export type UlimitsYaml = Readonly<Record<string, number | string>>;

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
  build_contexts: {
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: '^[a-z0-9][a-z0-9_.-]*$' },
    additionalProperties: line('A folder of the workspace, relative to this file.'),
    description:
      'Further folders whose files the Dockerfile may copy, by the name that it copies from, with BuildKit.',
    examples: [{ shared: '../../shared' }],
  },
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
  add_hosts: {
    type: ['array', 'object'],
    items: { type: 'string' },
    additionalProperties: { type: 'string' },
    description:
      'Entries of the hosts file of build steps: a map of name: address, or a list of name:address; host-gateway is the address of the machine of the engine.',
    examples: [{ 'mirror.example.com': '10.0.0.2' }, ['db:host-gateway']],
  },
  shm_size: {
    type: ['string', 'integer'],
    description:
      'Size of /dev/shm of build steps, in bytes or as 64m or 1g; that of the engine when omitted.',
    examples: ['256m'],
  },
  ulimits: {
    type: 'object',
    additionalProperties: { type: ['integer', 'string'] },
    description:
      'Limits of processes of build steps, by name: a number, or soft:hard; -1 is no limit.',
    examples: [{ nofile: '1024:4096' }],
  },
  network: text(
    // eslint-disable-next-line no-restricted-syntax -- docker's flag
    'Network of build steps and tests, as in docker build --network; the one in stowage.yaml when omitted.',
    'host',
  ),
} as const;
