import { parseLocation, type Location } from '../../location.js';
import { expandInputs } from './inputs/expand-inputs.js';
import type { Workspace } from './workspace.js';

/** Parses the locations of the archives that a delta is made against; patterns and folders stand for archives. @throws ImageError NOT_FOUND, USAGE */
export async function parseBase(
  base: string | readonly string[] | undefined,
  where: Workspace & { readonly cwd: string },
): Promise<Location[]> {
  const locations: Location[] = [];
  for (const text of await expandInputs(base === undefined ? [] : [base].flat(), where.cwd))
    locations.push(await parseLocation(text, where));
  return locations;
}
