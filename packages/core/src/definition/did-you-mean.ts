import { closest, distance } from 'fastest-levenshtein';

/** Of the names that there are, the one that was most likely meant, as a question; undefined where none is near. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const nearest = closest(name, known);
  const isNear = known.length > 0 && distance(name, nearest) <= name.length / 2;
  return isNear ? `Did you mean ${nearest}?` : undefined;
}
