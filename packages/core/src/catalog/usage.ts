/** One line of the usage journal: an image was loaded or built upon. */
export interface Use {
  readonly name: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Usage {
  readonly last_used: string;
  readonly usage_count: number;
}

export function formatUse(use: Use): string {
  return `${JSON.stringify(use)}\n`;
}

/** Sums a journal up by name. A last line that was cut short is left out. */
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

/** An entry's own counts with those of the journal. */
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

function parseLine(line: string): Use | undefined {
  try {
    const value = JSON.parse(line) as Partial<Use> | null;
    return typeof value?.name === 'string' && typeof value.at === 'string'
      ? { name: value.name, at: value.at }
      : undefined;
  } catch {
    return undefined;
  }
}
