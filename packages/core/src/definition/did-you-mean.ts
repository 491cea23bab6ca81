import { closest, distance } from 'fastest-levenshtein';

/** Longest name (characters); of a longer text only this much is compared. */
const MAX_COMPARED = 128;

/** A question that proposes the most similar known name; undefined if none is similar. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_COMPARED) return undefined;
  // The distance is at least the difference of the lengths.
  const maxDistance = name.length / 2;
  const similar = known.filter((each) => Math.abs(each.length - name.length) <= maxDistance);
  const nearest = nearestOf(name, similar);
  const isNear = similar.length > 0 && distance(name, nearest) <= maxDistance;
  return isNear ? `Did you mean ${nearest}?` : undefined;
}

/** The name that is most similar to a text. */
export function nearestOf(text: string, names: readonly string[]): string {
  return closest(text.slice(0, MAX_COMPARED), names);
}
