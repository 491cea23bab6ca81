export interface FirstDistinct {
  readonly texts: readonly string[];
  /** How many items were not looked at any more. */
  readonly rest: number;
}

/** The first distinct texts of items. Items after the last of them are counted and not explained: there may be many. */
export function firstDistinct<T>(
  items: readonly T[],
  most: number,
  explain: (item: T) => string,
): FirstDistinct {
  const texts = new Set<string>();
  for (const [at, item] of items.entries()) {
    if (texts.size === most) return { texts: [...texts], rest: items.length - at };
    texts.add(explain(item));
  }
  return { texts: [...texts], rest: 0 };
}
