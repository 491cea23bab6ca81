/**
 * Sorts tags as people look for them: `latest`, then versions, the newest first, then other names in natural order
 * (`pr-9` before `pr-10`). A version stands above its variants (`1.21-alpine`), and those above what came before its
 * release (`1.21-rc.1`).
 */
export function sortTags(tags: readonly string[]): string[] {
  const keys = tags.map(keyOf).sort(compareKeys);
  return keys.map(({ tag }) => tag);
}

/** Whether a tag comes after another one in the order of {@link sortTags}. */
export function isAfter(tag: string, other: string): boolean {
  return compareKeys(keyOf(tag), keyOf(other)) > 0;
}

interface Key {
  readonly tag: string;
  readonly kind: 'latest' | 'version' | 'name';
  /** The numbers of a version. */
  readonly numbers: readonly string[];
  readonly stage: 'release' | 'variant' | 'before';
  /** A name, or what follows the numbers of a version: its digits and the rest by turns. */
  readonly rest: readonly string[];
}

const KINDS = ['latest', 'version', 'name'] as const;
const STAGES = ['release', 'variant', 'before'] as const;

/** Numbers, possibly after a `v`: also dates. Digits before a letter are a hash or a name. */
const VERSION = /^v?(\d+(?:[-._]\d+)*)(?![a-z\d])(.*)$/i;
const BEFORE_RELEASE = /^[-_.]?(?:alpha|beta|rc|pre|preview|dev|snapshot|nightly|canary)(?![a-z])/i;

function keyOf(tag: string): Key {
  if (tag === 'latest') return { tag, kind: 'latest', numbers: [], stage: 'release', rest: [] };
  const [, numbers, rest = ''] = VERSION.exec(tag) ?? [];
  if (numbers === undefined)
    return { tag, kind: 'name', numbers: [], stage: 'release', rest: naturalParts(tag) };
  const stage = rest === '' ? 'release' : BEFORE_RELEASE.test(rest) ? 'before' : 'variant';
  return {
    ...{ tag, kind: 'version', stage },
    ...{ numbers: numbers.split(/[-._]/), rest: naturalParts(rest) },
  };
}

function naturalParts(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function compareKeys(one: Key, other: Key): number {
  const rest = compareParts(one.rest, other.rest);
  return (
    KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) ||
    // The newest first.
    compareParts(other.numbers, one.numbers) ||
    STAGES.indexOf(one.stage) - STAGES.indexOf(other.stage) ||
    (one.stage === 'before' ? -rest : rest) ||
    // Equal but for a `v`, a separator or zeros at the beginning of a number.
    compareTexts(one.tag, other.tag)
  );
}

function compareParts(one: readonly string[], other: readonly string[]): number {
  for (const [at, part] of one.entries()) {
    const against = other[at];
    const order = against === undefined ? 1 : comparePart(part, against);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

/** Numbers of any length by their value, before texts. */
function comparePart(one: string, other: string): number {
  const [number, against] = [one, other].map((part) =>
    /^\d/.test(part) ? part.replace(/^0+(?=\d)/, '') : undefined,
  );
  if (number !== undefined && against !== undefined)
    return number.length - against.length || compareTexts(number, against);
  return compareTexts(one, other);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
