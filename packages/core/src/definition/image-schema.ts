import {
  buildProperties,
  type HostsYaml,
  type SecretYaml,
  type UlimitsYaml,
} from './build-schema.js';
import { line, map, text, texts } from './schema-parts.js';

/** One `copy:` entry as it is written. */
export interface CopyYaml {
  readonly from: string;
  readonly to: string;
  readonly owner?: string;
  readonly mode?: string;
}

/** Prune rules for the archives of one image; they override those of the workspace. */
export interface RetentionYaml {
  readonly pinned?: boolean;
  readonly keep_newest?: number;
  readonly unused_for?: string;
  readonly min_age?: string;
}

/** `image.yaml` as it is written. */
export interface ImageYaml {
  readonly project: string;
  readonly os: string;
  readonly variant: string;
  readonly reference?: string;
  readonly base?: string;
  readonly dockerfile?: string;
  readonly context?: string;
  readonly build_contexts?: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly secrets?: readonly SecretYaml[];
  readonly ssh?: readonly string[];
  readonly add_hosts?: HostsYaml;
  readonly shm_size?: string | number;
  readonly ulimits?: UlimitsYaml;
  readonly network?: string;
  readonly platforms?: readonly string[];
  readonly copy?: readonly CopyYaml[];
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly (string | number)[];
  readonly packages?: readonly string[];
  readonly compilers?: readonly string[];
  readonly tools?: readonly string[];
  readonly run?: readonly string[];
  readonly test?: readonly string[];
  readonly retention?: RetentionYaml;
  readonly after?: readonly string[];
  readonly owner?: string;
  readonly revision?: string | number;
  readonly facts?: {
    readonly compilers?: readonly string[];
    readonly packages?: readonly string[];
    readonly tools?: readonly string[];
  };
}

const USER = '[A-Za-z0-9_][A-Za-z0-9_.@-]*';

/** A duration, as `30d` or `12h`. */
export const DURATION = {
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)? ?(ms|s|m|h|d|w|y)$',
} as const;

/** JSON Schema of `image.yaml`. */
export const imageSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'image.yaml',
  description: 'Definition of one image.',
  type: 'object',
  additionalProperties: false,
  required: ['project', 'os', 'variant'],
  properties: {
    project: text('First part of the name: the project that owns the image.', 'app'),
    os: text('Second part of the name: <distribution>-<version>.', 'ubuntu-25.04', 'debian-12'),
    variant: text('Third part of the name: the compiler, then features.', 'gcc15', 'clang20-asan'),
    reference: text('Name of the image in an engine; <name>:latest when omitted.'),
    base: text(
      'Image to build on: another image by name, an archive, a reference in the store or the engine, or scratch (default).',
    ),
    ...buildProperties,
    platforms: {
      ...texts(
        'Platforms to build, as os[(version)]/architecture[/variant]; linux on the architecture of this machine when omitted.',
      ),
      minItems: 1,
      uniqueItems: true,
      examples: [['linux/amd64', 'linux/arm64']],
    },
    packages: texts('Packages of the distribution that os names, installed with an engine.'),
    compilers: texts('Compilers: gcc, clang or openjdk, with or without a version, as gcc-15.'),
    tools: texts('Tools by their common names: cmake, ninja, git.'),
    run: texts(
      'Shell commands run with an engine, after packages are installed and files are copied.',
    ),
    test: texts(
      'Shell commands run in the finished image before it is saved; one that fails stops the save.',
    ),
    retention: {
      type: 'object',
      additionalProperties: false,
      description: 'Prune rules for archives of this image; they override those of stowage.yaml.',
      properties: {
        pinned: { type: 'boolean', description: 'Never prune archives of this image.' },
        keep_newest: {
          type: 'integer',
          minimum: 1,
          description: 'Keep this many of the newest archives.',
        },
        unused_for: {
          ...DURATION,
          description: 'Delete only archives that were not used for this long.',
        },
        min_age: { ...DURATION, description: 'Never delete archives younger than this.' },
      },
    },
    copy: {
      type: 'array',
      description: 'Files to add as one layer, without an engine.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['from', 'to'],
        properties: {
          from: line(
            'A file or folder in the context, or a link to one in the context; the content of a folder is copied, not the folder itself.',
          ),
          to: line(
            'Absolute path in the image, through links of the base; a file keeps its name below a folder, or with a slash at the end.',
          ),
          owner: {
            type: 'string',
            pattern: '^[0-9]+(:[0-9]+)?$',
            description: 'uid[:gid]; 0:0 when omitted. Folders of the base keep theirs.',
          },
          mode: {
            type: 'string',
            pattern: '^0?[0-7]{3,4}$',
            description:
              "Octal permission bits of the copied files and folders. When omitted, git's: 0755 for folders and files that their owner may run, else 0644.",
          },
        },
      },
    },
    env: {
      ...map('Environment variables, added to those of the base.'),
      propertyNames: { pattern: '^[A-Za-z0-9_.][A-Za-z0-9_.-]*$' },
    },
    entrypoint: texts('Command that a container runs.'),
    cmd: texts('Default arguments of the entrypoint; without an entrypoint, the command.'),
    workdir: line(
      'Working directory of a container; a relative path starts at that of the base, or at /.',
    ),
    user: {
      ...line('User and group that a container runs as, by name or number.', '1000:1000'),
      pattern: `^${USER}(:${USER})?$`,
    },
    labels: map('Labels, added to those of the base.'),
    ports: {
      type: 'array',
      items: {
        type: ['string', 'integer'],
        minimum: 1,
        maximum: 65_535,
        pattern: '^[0-9]{1,5}(-[0-9]{1,5})?(/(tcp|udp|sctp))?$',
      },
      description: 'Ports a container listens on: 8080, 53/udp or 9000-9002/udp.',
    },
    after: texts(
      'Targets that create files of the context: a target of the owning project, or project:target.',
    ),
    owner: line(
      'Folder of the Nx project that the image belongs to, relative to this file; the nearest project above when omitted.',
      '../../../apps/app',
    ),
    revision: {
      type: ['string', 'integer'],
      minLength: 1,
      description:
        'Any text or number: another one builds the image anew, for example to install newer packages.',
      examples: [2],
    },
    facts: {
      type: 'object',
      additionalProperties: false,
      description: 'Software in the image, for searches.',
      properties: {
        compilers: texts('Compilers, for example gcc-15.'),
        packages: texts('Packages, for example libssl-dev.'),
        tools: texts('Tools, for example cmake.'),
      },
    },
  },
} as const;
