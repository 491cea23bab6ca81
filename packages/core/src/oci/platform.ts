import { ImageError } from '../errors.js';
import { isObject } from './json.js';

/** OCI image spec 1.1, image-index.md § platform. Values are Go's `GOOS` and `GOARCH`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const ARCHITECTURES: Readonly<Record<string, Pick<Platform, 'architecture' | 'variant'>>> = {
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
/** A variant that says no more than its architecture does. */
const IMPLIED: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7', amd64: 'v1' };
const PART = /^[a-z0-9_.-]+$/;

/**
 * Parses `os/architecture[/variant]`, or an architecture alone (then the OS is `linux`).
 * The common spellings of architectures are understood: `x86_64`, `aarch64`, `armhf`.
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

/** True when an image for `actual` is what was asked for; an implied variant (`arm64/v8`) says nothing. */
export function matchesPlatform(actual: Platform, wanted: Platform): boolean {
  const a = normalizePlatform(actual);
  const b = normalizePlatform(wanted);
  if (a.os !== b.os || a.architecture !== b.architecture) return false;
  const implied = IMPLIED[b.architecture];
  return (a.variant ?? implied) === (b.variant ?? implied);
}

/** Reads the platform out of a descriptor or a config; undefined when it names none. */
export function readPlatform(value: unknown): Platform | undefined {
  if (
    !isObject(value) ||
    typeof value['os'] !== 'string' ||
    typeof value['architecture'] !== 'string'
  )
    return undefined;
  const { os, architecture, variant } = value;
  if (os === '' || architecture === '') return undefined;
  return {
    os,
    architecture,
    ...(typeof variant === 'string' && variant !== '' ? { variant } : {}),
  };
}

function normalizePlatform(platform: Platform): Platform {
  return { ...platform, ...ARCHITECTURES[platform.architecture] };
}
