export interface FirstDistinct {
  readonly texts: readonly string[];
  /** How many items were not explained. */
  readonly rest: number;
}

/** The first `most` distinct texts of items. Later items are counted but not explained: there may be many. */
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
