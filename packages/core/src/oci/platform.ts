import { ImageError } from '../errors.js';
import { isObject, type JsonObject } from './json.js';

/** OCI image spec 1.1, image-index.md § platform. Values are Go's `GOOS` and `GOARCH`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** For Windows, `major.minor.build.revision`; as a wish, any first part of it. */
  readonly 'os.version'?: string;
  /** Features of the OS that the image needs, for example `win32k`. */
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
  /** Features of the CPU: reserved by OCI, used by Docker's manifest lists. */
  readonly features?: readonly string[];
}

/** The platforms to take of an image of several: those of a list, or `all` of them. */
export type PlatformChoice = readonly Platform[] | 'all';

/** Aliases, with their `GOARCH` and variant. */
const ALIASES: Readonly<Record<string, Pick<Platform, 'architecture' | 'variant'>>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  x64: { architecture: 'amd64' },
  ia32: { architecture: '386' },
  i386: { architecture: '386' },
  i686: { architecture: '386' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};
const PART = /^[a-z0-9_.-]+$/;
/** An OS, and in parentheses its version, then features with a `+` before each. */
const OS = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;

/**
 * Parses `os[(version[+feature…])]/architecture[/variant]`, or an architecture alone (then the OS is `linux`), as
 * containerd's package `platforms` does: `windows(10.0.17763)/amd64`, `windows(10.0.17763+win32k)/amd64`. In a version and
 * in a feature `%2F` and the like stand for characters that are part of the form.
 * Common aliases of architectures are accepted: `x86_64`, `aarch64`, `armhf`.
 *
 * @throws ImageError USAGE
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  const [first = '', ...others] = parts.length === 1 ? ['linux', ...parts] : parts;
  const [, os, version = '', features = ''] = OS.exec(first) ?? [];
  const [architecture = '', variant, ...more] = others.map((part) => part.toLowerCase());
  const isValid = [architecture, variant ?? 'v'].every((part) => PART.test(part));
  const options = [version, ...features.split('+').slice(1)].map(decodeOption);
  if (os === undefined || !isValid || more.length > 0 || options.includes(undefined))
    throw new ImageError(
      'USAGE',
      `platform: expected os[(version)]/architecture[/variant], got ${JSON.stringify(text)}`,
      { hint: 'For example linux/amd64, linux/arm/v7 or windows(10.0.17763)/amd64.' },
    );
  const [osVersion = '', ...osFeatures] = options;
  return resolveAliases({
    os: os.toLowerCase(),
    architecture,
    ...(osVersion === '' ? {} : { 'os.version': osVersion }),
    ...(osFeatures.length === 0 ? {} : { 'os.features': osFeatures.map((each) => each ?? '') }),
    ...(variant === undefined ? {} : { variant }),
  });
}

/**
 * Writes `os[(version[+feature…])]/architecture[/variant]`: `linux/arm/v7`, `windows(10.0.17763.5329+win32k)/amd64`. Inverse
 * of {@link parsePlatform}; features are sorted.
 */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant, 'os.version': version = '' } = platform;
  const features = [...new Set(platform['os.features'])].sort().map((each) => `+${encode(each)}`);
  const options = [encode(version), ...features].join('');
  const system = options === '' ? os : `${os}(${options})`;
  return [system, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** Reads the platform of a descriptor or a config; undefined without OS or architecture. */
export function readPlatform(value: unknown): Platform | undefined {
  if (
    !isObject(value) ||
    typeof value['os'] !== 'string' ||
    typeof value['architecture'] !== 'string'
  )
    return undefined;
  const { os, architecture } = value;
  if (os === '' || architecture === '') return undefined;
  return { os, architecture, ...detailsOf(value) };
}

/** BuildKit writes `unknown` for the OS and the architecture of content that has none. */
const UNKNOWN = 'unknown';

/**
 * The platform of an image config; `unknown` stands for an OS or an architecture that it does not state. Images made
 * from nothing have none: `crane append` without a base, imgpkg, cosign.
 */
export function platformOfConfig(config: JsonObject): Platform {
  const { os, architecture } = config;
  const stated = (value: unknown) => (isText(value) ? value : UNKNOWN);
  return { os: stated(os), architecture: stated(architecture), ...detailsOf(config) };
}

/** Whether neither the OS nor the architecture is known. */
export function isUnknownPlatform({ os, architecture }: Platform): boolean {
  return os === UNKNOWN && architecture === UNKNOWN;
}

/** The fields of a platform besides OS and architecture that are well formed. */
function detailsOf(value: JsonObject): Omit<Platform, 'os' | 'architecture'> {
  const { variant, features, 'os.version': version, 'os.features': osFeatures } = value;
  return {
    ...(isText(version) ? { 'os.version': version } : {}),
    ...(isTexts(osFeatures) ? { 'os.features': osFeatures } : {}),
    ...(isText(variant) ? { variant } : {}),
    ...(isTexts(features) ? { features } : {}),
  };
}

/** The platform with `GOOS` and `GOARCH` in place of their aliases. */
export function resolveAliases(platform: Platform): Platform {
  const os = platform.os === 'macos' ? 'darwin' : platform.os;
  return { ...platform, os, ...ALIASES[platform.architecture] };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}

/** Escapes the characters that are part of the form of a platform. */
function encode(option: string): string {
  const escape = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return option.replace(/[%+()/]/g, escape);
}

/** Undefined for an invalid escape. */
function decodeOption(option: string): string | undefined {
  try {
    return decodeURIComponent(option);
  } catch {
    return undefined;
  }
}
