import { ImageError } from '../errors.js';
import { isObject, type JsonObject } from './json.js';

/** OCI image spec 1.1, image-index.md § platform. Values are Go's `GOOS` and `GOARCH`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

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
/** The default variant of an architecture: equal to no variant. */
const DEFAULT_VARIANTS: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7', amd64: 'v1' };
const PART = /^[a-z0-9_.-]+$/;

/**
 * Parses `os/architecture[/variant]`, or an architecture alone (then the OS is `linux`).
 * Common aliases of architectures are accepted: `x86_64`, `aarch64`, `armhf`.
 *
 * @throws ImageError USAGE
 */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => PART.test(part))) {
    throw new ImageError(
      'USAGE',
      `platform: expected os/architecture[/variant], got ${JSON.stringify(text)}`,
      {
        hint: 'For example linux/amd64 or linux/arm/v7.',
      },
    );
  }
  const [os = '', architecture = '', variant] = parts.length === 1 ? ['linux', parts[0]] : parts;
  return normalizePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** Writes `os/architecture[/variant]`: `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** Whether an image for `actual` satisfies `wanted`; the default variant (`arm64/v8`) equals no variant. */
export function matchesPlatform(actual: Platform, wanted: Platform): boolean {
  const a = normalizePlatform(actual);
  const b = normalizePlatform(wanted);
  if (a.os !== b.os || a.architecture !== b.architecture) return false;
  const standard = DEFAULT_VARIANTS[b.architecture];
  return (a.variant ?? standard) === (b.variant ?? standard);
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
  return { os, architecture, ...variantOf(value) };
}

/** BuildKit writes `unknown` for the OS and the architecture of content that has none. */
const UNKNOWN = 'unknown';

/**
 * The platform of an image config; `unknown` stands for an OS or an architecture that it does not state. Images made
 * from nothing have none: `crane append` without a base, imgpkg, cosign.
 */
export function platformOfConfig(config: JsonObject): Platform {
  const { os, architecture } = config;
  const stated = (value: unknown) => (typeof value === 'string' && value !== '' ? value : UNKNOWN);
  return { os: stated(os), architecture: stated(architecture), ...variantOf(config) };
}

/** Whether neither the OS nor the architecture is known. */
export function isUnknownPlatform({ os, architecture }: Platform): boolean {
  return os === UNKNOWN && architecture === UNKNOWN;
}

function variantOf({ variant }: JsonObject): Pick<Platform, 'variant'> {
  return typeof variant === 'string' && variant !== '' ? { variant } : {};
}

function normalizePlatform(platform: Platform): Platform {
  return { ...platform, ...ALIASES[platform.architecture] };
}
