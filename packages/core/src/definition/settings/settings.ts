import { dirname } from 'node:path';
import type { Document } from 'yaml';
import { ImageError } from '../../errors.js';
import type { EngineName } from '../engines.js';
import { yaml } from '../libraries.js';
import type { SettingsLimits } from './limits-schema.js';
import { readYaml, schemaOf, type YamlFile } from '../read-yaml.js';
import type { ServeYaml } from './serve-schema.js';
import { parseShare, type ShareSettings } from './share-settings.js';
import {
  settingsSchema,
  type GroupCounts,
  type PushCompression,
  type SettingsYaml,
} from './settings-schema.js';

/** Name of the settings file at the root of a workspace. */
export const SETTINGS_FILE = 'stowage.yaml';

/** The settings of a workspace, `stowage.yaml`, with defaults filled in. */
export interface Settings {
  /** Folder of archives and catalog, relative to the workspace. */
  readonly images: string;
  /** Folders outside the workspace with archives that the catalog may name; relative to the workspace. */
  readonly archives: readonly string[];
  readonly engine: EngineName;
  readonly host?: string;
  /** Network of build steps and tests, unless a definition has its own. */
  readonly network?: string;
  /** Operating system of each label of a workflow's `runs-on`. */
  readonly runners: Readonly<Record<string, string>>;
  /** A pattern that every name must match, in addition to the convention. */
  readonly namePattern?: RegExp;
  /** Rules for `prune` that apply when none are given. */
  readonly prune: RuleTexts & { readonly keepNewest?: GroupCounts };
  /** Registry to push to when none is given. */
  readonly pushTo?: string;
  /** Whether pushed names of images without a path begin with `library/`, as on Docker Hub. */
  readonly pushLibrary: boolean;
  /** Compression of pushed layers when none is given. */
  readonly pushCompress: PushCompression;
  /** Registry of references without a host, for pull and load: `HOST[:PORT][/PREFIX]`. */
  readonly defaultRegistry: string;
  readonly share?: ShareSettings;
  /** Limits of the cache of images from registries; unlimited when empty. */
  readonly cache: { readonly unusedFor?: string; readonly maxUsed?: string };
  /** Names that are never pruned; `*` matches any text. */
  readonly pins: readonly string[];
  readonly limits: SettingsLimits;
  /** The registry that `serve` runs; relative paths start at `folder`. */
  readonly serve: ServeYaml & { readonly folder: string };
}

/** Prune rules as text: durations as `30d`; sizes as `20GB` or, of the file system, `10%`. */
export interface RuleTexts {
  /** Keep this many of the newest archives; a number counts those of each name. */
  readonly keepNewest?: number | GroupCounts | undefined;
  readonly unusedFor?: string | undefined;
  readonly minAge?: string | undefined;
  readonly maxUsed?: string | undefined;
  readonly minFree?: string | undefined;
  readonly reserved?: string | undefined;
  readonly orphans?: boolean | undefined;
}

/** The runners hosted by GitHub, as of 2026. */
const DEFAULT_RUNNERS = { 'ubuntu-latest': 'ubuntu-24.04' };

const schema = schemaOf<SettingsYaml>(settingsSchema);

/** Parses the settings. @throws ImageError USAGE (every problem with line and column) */
export function parseSettings(file: YamlFile): Settings {
  const {
    images = 'images',
    archives = [],
    engine = 'auto',
    host,
    network,
    runners = {},
    naming,
    prune = {},
    push,
    default_registry: defaultRegistry = 'docker.io',
    share,
    cache = {},
    pins = [],
    limits = {},
    serve = {},
    disk_min_free_gb: oldMinFree,
  } = file.text.trim() === '' ? {} : readYaml(file, schema, dropBlanks);
  const { keep_newest: newest, unused_for: unusedFor, min_age: minAge, orphans } = prune;
  const { max_used: maxUsed, reserved } = prune;
  const gigabytes = prune.disk_min_free_gb ?? oldMinFree;
  const minFree = prune.min_free ?? (gigabytes === undefined ? undefined : `${gigabytes}GB`);
  return {
    images,
    archives,
    engine,
    defaultRegistry,
    pins,
    limits,
    serve: { ...serve, folder: dirname(file.path) },
    runners: { ...DEFAULT_RUNNERS, ...runners },
    prune: {
      ...(newest === undefined ? {} : { keepNewest: groupCounts(newest) }),
      ...(unusedFor === undefined ? {} : { unusedFor }),
      ...(minAge === undefined ? {} : { minAge }),
      ...(maxUsed === undefined ? {} : { maxUsed }),
      ...(minFree === undefined ? {} : { minFree }),
      ...(reserved === undefined ? {} : { reserved }),
      ...(orphans === undefined ? {} : { orphans }),
    },
    cache: {
      ...(cache.unused_for === undefined ? {} : { unusedFor: cache.unused_for }),
      ...(cache.max_used === undefined ? {} : { maxUsed: cache.max_used }),
    },
    ...(host === undefined ? {} : { host }),
    ...(network === undefined ? {} : { network }),
    ...(push?.to === undefined ? {} : { pushTo: push.to }),
    pushLibrary: push?.library ?? true,
    pushCompress: push?.compress ?? 'auto',
    ...(share === undefined ? {} : { share: parseShare(share, file.path) }),
    ...(naming?.pattern === undefined ? {} : { namePattern: compile(naming.pattern, file.path) }),
  };
}

/** A key or an item without a value, as a bare `prune:`, counts as missing. */
function dropBlanks(document: Document): void {
  const { isScalar, visit } = yaml();
  visit(document, {
    Scalar: (key, { value }) =>
      typeof key === 'number' && value === null ? visit.REMOVE : undefined,
    Pair: (_, { value }) =>
      value === null || (isScalar(value) && value.value === null) ? visit.REMOVE : undefined,
  });
}

/** A number counts the archives of each name. */
export function groupCounts(newest: number | GroupCounts): GroupCounts {
  return typeof newest === 'number' ? { name: newest } : newest;
}

function compile(pattern: string, path: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    throw new ImageError(
      'USAGE',
      `${path}: naming.pattern: expected a regular expression, got ${JSON.stringify(pattern)}`,
      { location: path, cause },
    );
  }
}
