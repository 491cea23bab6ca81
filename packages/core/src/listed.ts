/** How many names a message shows. */
const SHOWN = 10;

/** Names in a message: the first ten, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - SHOWN;
  const shown = names.slice(0, SHOWN).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}
