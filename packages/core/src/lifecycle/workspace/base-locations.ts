import { parseLocation, type Location } from '../../location.js';
import { expandInputs } from './expand-inputs.js';
import type { Workspace } from './workspace.js';

/** The archives that a delta is made against: one location or several, of which patterns and folders stand for archives. */
export type Base = string | readonly string[] | undefined;

/** Parses the locations of a base. @throws ImageError NOT_FOUND, USAGE */
export async function parseBase(
  base: Base,
  where: Workspace & { readonly cwd: string },
): Promise<Location[]> {
  const locations: Location[] = [];
  for (const text of await expandInputs(base === undefined ? [] : [base].flat(), where.cwd))
    locations.push(await parseLocation(text, where));
  return locations;
}
