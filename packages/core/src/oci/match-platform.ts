import { resolveAliases, type Platform } from './platform.js';

/** The default variant of an architecture: equal to no variant. */
const DEFAULT_VARIANTS: ReadonlyMap<string, string> = new Map([
  ['arm64', 'v8'],
  ['arm', 'v7'],
  ['amd64', 'v1'],
]);
/** arm64/v9.N has all instructions of v8.(N + 5), of which the last is v8.9. */
const [V9_OVER_V8, LAST_V8] = [5, 9];
/** Weights of differences: a lower variant counts more than an unknown version, and that more than any features. */
const [VARIANT, VERSION] = [10_000, 1_000];

/** Whether an image for `actual` satisfies `wanted`; the default variant (`arm64/v8`) equals no variant. */
export function matchesPlatform(actual: Platform, wanted: Platform): boolean {
  const distance = platformDistance(actual, wanted);
  return distance !== undefined && distance < VARIANT;
}

/**
 * How far an image for `actual` is from `wanted`; undefined where it does not fit. The rules are those of containerd's
 * package `platforms` (`Only`, without its other architectures): a lower variant of the architecture fits, the highest
 * one best; a wanted `os.version` must be the beginning of the image's, in whole components, or the image has none. Features
 * of the OS only order the images that fit.
 */
export function platformDistance(actual: Platform, wanted: Platform): number | undefined {
  const [a, b] = [normalizePlatform(actual), normalizePlatform(wanted)];
  if (a.os !== b.os || a.architecture !== b.architecture) return undefined;
  const steps = variantsFor(b.architecture, b.variant ?? '').indexOf(a.variant ?? '');
  const [version = '', least = ''] = [a['os.version'], b['os.version']];
  const isOther = version !== '' && least !== '' && !`${version}.`.startsWith(`${least}.`);
  if (steps < 0 || isOther) return undefined;
  const isUnknown = version === '' && least !== '';
  return steps * VARIANT + (isUnknown ? VERSION : 0) + differentFeatures(a, b);
}

/**
 * The images that fit `wanted` best, in their order. More than one only for Windows without a wanted build: one image of
 * each build (`10.0.17763`), of several revisions of a build the newest.
 */
export function bestMatches<T extends { readonly platform?: Platform }>(
  images: readonly T[],
  wanted: Platform,
): readonly T[] {
  const fitting = images.flatMap((image) => {
    const distance = image.platform && platformDistance(image.platform, wanted);
    return distance === undefined ? [] : [{ image, distance }];
  });
  const least = Math.min(...fitting.map(({ distance }) => distance));
  const best = fitting.flatMap(({ image, distance }) => (distance === least ? [image] : []));
  if (normalizePlatform(wanted).os !== 'windows') return best.slice(0, 1);
  const builds = new Map<string, T>();
  for (const image of best) {
    const build = versionOf(image).slice(0, 3).join('.');
    const known = builds.get(build);
    if (!known || isNewer(versionOf(image), versionOf(known))) builds.set(build, image);
  }
  return [...builds.values()];
}

/** Equal texts for equal platforms, however they are written. */
export function platformKey(platform: Platform): string {
  const { os, architecture, variant, ...rest } = normalizePlatform(platform);
  const features = [rest['os.features'], rest.features].map((each) => [...new Set(each)].sort());
  return JSON.stringify([os, architecture, variant, rest['os.version'], features]);
}

/** The platform with each part in one of its spellings; the default variant is written out. */
function normalizePlatform(platform: Platform): Platform {
  const resolved = resolveAliases(platform);
  const { architecture } = resolved;
  const written = (resolved.variant ?? '').toLowerCase();
  const isNumber = /^[0-9]/.test(written) && DEFAULT_VARIANTS.has(architecture);
  const variant = (isNumber ? `v${written}` : written).replace(/^(v[89])\.0$/, '$1');
  const standard = DEFAULT_VARIANTS.get(architecture);
  if (variant !== '') return { ...resolved, variant };
  return standard === undefined ? resolved : { ...resolved, variant: standard };
}

/** The variants whose images run on `variant`, the best first. */
function variantsFor(architecture: string, variant: string): readonly string[] {
  const [, major = '', minor = '0'] = /^v([0-9]{1,2})(?:\.([0-9]{1,2}))?$/.exec(variant) ?? [];
  const [high, low] = [Number(major), Number(minor)];
  const down = (from: number, to: number, name: (n: number) => string): string[] =>
    Array.from({ length: Math.max(from - to + 1, 0) }, (_, at) => name(from - at));
  const arm64 = (version: number) => (n: number) => (n === 0 ? `v${version}` : `v${version}.${n}`);
  if (major === '') return [variant];
  if (architecture === 'amd64') return down(high, 1, (n) => `v${n}`);
  if (architecture === 'arm') return down(high, 5, (n) => `v${n}`);
  if (architecture !== 'arm64' || high < 8 || high > 9) return [variant];
  if (high === 8) return down(low, 0, arm64(8));
  return [...down(low, 0, arm64(9)), ...down(Math.min(low + V9_OVER_V8, LAST_V8), 0, arm64(8))];
}

/** The number of features of the OS that only one of two platforms has. All Windows images may need `win32k`. */
function differentFeatures(actual: Platform, wanted: Platform): number {
  const [has, asked] = [new Set(actual['os.features']), new Set(wanted['os.features'])];
  const isFree = (each: string) => actual.os === 'windows' && each === 'win32k';
  const extra = [...has].filter((each) => !asked.has(each) && !isFree(each));
  const count = extra.length + [...asked].filter((each) => !has.has(each)).length;
  return Math.min(count, VERSION - 1);
}

function versionOf({ platform }: { readonly platform?: Platform }): readonly string[] {
  return (platform?.['os.version'] ?? '').split('.');
}

function isNewer(one: readonly string[], other: readonly string[]): boolean {
  const at = one.findIndex((each, index) => each !== other[index]);
  return at >= 0 && Number(one[at]) > Number(other[at] ?? -1);
}
