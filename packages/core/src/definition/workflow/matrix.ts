import { ImageError } from '../../errors.js';

/** One combination of a matrix; scalars are text, also `true` and `25.10`. */
export type Combination = Readonly<Record<string, unknown>>;

/** Limit before `exclude`; GitHub itself allows at most 256 jobs after it. */
const MAX_COMBINATIONS = 4096;

/**
 * The combinations of a job's matrix (GitHub's documentation of `jobs.<id>.strategy.matrix`): the product of its
 * lists without those that match `exclude`. Each `include` is merged into every combination whose original values it
 * does not change; if there is none, it becomes a combination of its own.
 *
 * @throws ImageError USAGE (too many)
 */
export function combinationsOf(matrix: Combination): readonly Combination[] {
  const { include, exclude, ...axes } = matrix;
  if (objectsOf(include).length > MAX_COMBINATIONS) throw tooMany();
  const product = Object.entries(axes).reduce<Combination[]>(
    (all, [key, values]) => {
      const list = listOf(values);
      if (all.length * list.length > MAX_COMBINATIONS) throw tooMany();
      return all.flatMap((each) => list.map((value) => ({ ...each, [key]: value })));
    },
    Object.keys(axes).length === 0 ? [] : [{}],
  );
  const kept = product.filter(
    (each) => !objectsOf(exclude).some((unwanted) => agrees(each, unwanted, Object.keys(unwanted))),
  );
  const combinations = kept.map((each) => ({ own: each, all: each }));
  const added: Combination[] = [];
  for (const extra of objectsOf(include)) {
    const fitting = combinations.filter(({ own }) =>
      agrees(
        own,
        extra,
        Object.keys(extra).filter((key) => key in own),
      ),
    );
    for (const each of fitting) each.all = { ...each.all, ...extra };
    if (fitting.length === 0) added.push(extra);
  }
  return [...combinations.map(({ all }) => all), ...added];
}

function tooMany(): ImageError {
  return new ImageError('USAGE', `matrix: more than ${MAX_COMBINATIONS} combinations`);
}

function agrees(each: Combination, wanted: Combination, keys: readonly string[]): boolean {
  return keys.every((key) => JSON.stringify(each[key]) === JSON.stringify(wanted[key]));
}

function listOf(values: unknown): readonly unknown[] {
  return Array.isArray(values) ? (values as unknown[]) : [values];
}

function objectsOf(values: unknown): readonly Combination[] {
  return Array.isArray(values)
    ? values.filter((each): each is Combination => typeof each === 'object' && each !== null)
    : [];
}
