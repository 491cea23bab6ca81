/** How many items a message names. */
const MOST = 10;

/** A list for a message: the first ten items, and how many more there are. An image may lack thousands of blobs. */
export function shortList(items: readonly string[]): string {
  const named = items.slice(0, MOST).join(', ');
  return items.length <= MOST ? named : `${named} and ${items.length - MOST} more`;
}
