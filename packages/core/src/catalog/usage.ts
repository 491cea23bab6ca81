import { isObject, isSize } from '../oci/json.js';
import { isImageName } from './record.js';

/** One line of the usage journal: an image was loaded or built upon. */
export interface Use {
  readonly name: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Sum of the uses of one image. */
export interface Usage {
  readonly last_used: string;
  readonly usage_count: number;
}

/** Formats a use as one line of the journal. */
export function formatUse(use: Use): string {
  return `${JSON.stringify(use)}\n`;
}

/** Sums the uses in a journal by image name. Invalid lines, such as a truncated last one, are ignored. */
export function parseUses(text: string): ReadonlyMap<string, Usage> {
  const usage = new Map<string, Usage>();
  for (const line of text.split('\n')) {
    const use = parseLine(line);
    if (!use) continue;
    const once = { last_used: use.at, usage_count: 1 };
    usage.set(use.name, mergeUsage(usage.get(use.name), once));
  }
  return usage;
}

export function mergeUsage(a: Usage | undefined, b: Usage): Usage {
  return {
    last_used: a && a.last_used > b.last_used ? a.last_used : b.last_used,
    usage_count: (a?.usage_count ?? 0) + b.usage_count,
  };
}

/** Adds the uses in the journal to those of a catalog entry. */
export function addUsage(
  entry: { readonly last_used?: string; readonly usage_count?: number },
  usage: Usage | undefined,
): { last_used?: string; usage_count: number } {
  const count = (entry.usage_count ?? 0) + (usage?.usage_count ?? 0);
  const last = [entry.last_used, usage?.last_used]
    .filter((each) => each !== undefined)
    .sort()
    .at(-1);
  return { usage_count: count, ...(last === undefined ? {} : { last_used: last }) };
}

/** ISO 8601 in UTC, so that times compare as text: `2026-01-02T03:04:05.678Z`. */
const TIME = /^[0-9]{4}(?:-[0-9]{2}){2}T[0-9:.]{5,18}Z$/;
/** Highest accepted count; a larger one comes from a damaged file. */
const MAX_USAGE_COUNT = 1e12;

/** Whether a value from a file is a {@link Usage}. */
export function isUsage(value: unknown): value is Usage {
  if (!isObject(value)) return false;
  const { last_used: last, usage_count: count } = value;
  return typeof last === 'string' && TIME.test(last) && isSize(count) && count <= MAX_USAGE_COUNT;
}

function parseLine(line: string): Use | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isObject(value)) return undefined;
    const { name, at } = value;
    const isUse = typeof name === 'string' && typeof at === 'string';
    return isUse && isImageName(name) && TIME.test(at) ? { name, at } : undefined;
  } catch {
    return undefined;
  }
}
