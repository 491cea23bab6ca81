import { closest, distance } from 'fastest-levenshtein';

/** No name is longer; of a longer text only the beginning is compared. */
const LONGEST = 128;

/** Of the names that there are, the one that was most likely meant, as a question; undefined where none is near. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  // The distance is at least the difference of the lengths.
  const most = name.length / 2;
  const similar = known.filter((each) => Math.abs(each.length - name.length) <= most);
  const nearest = nearestOf(name, similar);
  const isNear = similar.length > 0 && distance(name, nearest) <= most;
  return isNear ? `Did you mean ${nearest}?` : undefined;
}

/** The one of several names that a text is most like. */
export function nearestOf(text: string, names: readonly string[]): string {
  return closest(text.slice(0, LONGEST), names);
}
