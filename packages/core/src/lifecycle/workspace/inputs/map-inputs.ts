import { ImageError, shortList, type ErrorCode } from '../../../errors.js';
import type { Location } from '../../../location.js';
import { forEachOf } from '../../../transfer/for-each-of.js';
import { wording, type Wording } from '../../../wording.js';
import type { VerbOptions } from '../call.js';

/** Images of registries that are looked up or moved at once: they mostly wait for answers. A client bounds its requests, too. */
export const REGISTRY_IMAGES = 16;

/** Images of registries whose layers are moved at once. */
export const MOVED_IMAGES = 8;

/** Archives that are opened or read at once: they share one disk and the cores. */
export const DISK_IMAGES = 4;

/** How many of these locations are opened at once. */
export function atOnce(locations: readonly Location[]): number {
  const kinds = new Set(locations.map(({ kind }) => kind));
  // An engine exports each image as a whole.
  if (kinds.has('engine') || kinds.has('pipe')) return 1;
  return kinds.has('archive') || kinds.has('layout') ? DISK_IMAGES : REGISTRY_IMAGES;
}

export interface MapInputsOptions extends Pick<VerbOptions, 'onFailure' | 'signal'> {
  /** How many inputs are worked on at once; 1 when omitted. */
  readonly concurrency?: number;
}

/** Failures that the next input would meet, too: the other inputs are left. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'NO_SPACE']);

/**
 * Runs `work` for each input, several at once. An input that fails does not stop the others. With `onFailure`, each failure
 * is given to it, in the order of the inputs, and the results lack that input. Otherwise one error names all failures after
 * the last input; but where a registry does not answer or the disk is full, it ends at once.
 *
 * @returns the results in the order of the inputs
 * @throws ImageError NOT_FOUND (inputs that are missing, and no other failure); the code of the first other failure
 */
export async function mapInputs<T, R>(
  inputs: Iterable<T>,
  work: (input: T, signal: AbortSignal) => Promise<R>,
  options: MapInputsOptions,
): Promise<R[]> {
  const { onFailure, ...settling } = options;
  const { results, failures } = await settleInputs(inputs, work, {
    ...settling,
    endsEarly: !onFailure,
  });
  if (onFailure) failures.forEach(onFailure);
  else throwTogether(failures, results.length + failures.length);
  return results;
}

/** The results of the inputs that did not fail, and the failures of the others; both in the order of the inputs. */
export interface SettledInputs<R> {
  readonly results: R[];
  readonly failures: readonly ImageError[];
}

/**
 * As {@link mapInputs}, without an end for the failures.
 *
 * @throws errors that are no `ImageError`; ImageError UNAVAILABLE and NO_SPACE if it `endsEarly`
 */
export async function settleInputs<T, R>(
  inputs: Iterable<T>,
  work: (input: T, signal: AbortSignal) => Promise<R>,
  {
    signal,
    concurrency = 1,
    endsEarly,
  }: Omit<MapInputsOptions, 'onFailure'> & { readonly endsEarly: boolean },
): Promise<SettledInputs<R>> {
  const settled: ({ readonly result: R } | { readonly error: ImageError })[] = [];
  const numbered = [...inputs].map((input, at) => ({ input, at }));
  await forEachOf(numbered, { concurrency, signal }, async ({ input, at }, stop) => {
    try {
      settled[at] = { result: await work(input, stop) };
    } catch (error) {
      if (!(error instanceof ImageError) || stop.aborted) throw error;
      if (endsEarly && ENDING.has(error.code)) throw error;
      settled[at] = { error };
    }
  });
  return {
    results: settled.flatMap((each) => ('result' in each ? [each.result] : [])),
    failures: settled.flatMap((each) => ('error' in each ? [each.error] : [])),
  };
}

/** What succeeded beside failures: `Already pushed`, and names. */
interface Succeeded {
  readonly what: string;
  readonly names: readonly string[];
}

/**
 * Throws one error for all failures; nothing without any. Its cause has all of them.
 *
 * @param count how many inputs there are.
 * @param done what succeeded, for the hint.
 */
export function throwTogether(
  failures: readonly ImageError[],
  count: number,
  done: Succeeded = { what: '', names: [] },
): void {
  const [first, ...others] = failures;
  if (!first) return;
  const more = done.names.length === 0 ? '' : `${done.what}: ${shortList(done.names)}.`;
  if (others.length === 0 && more === '') throw first;
  const gravest = failures.find(({ code }) => code !== 'NOT_FOUND') ?? first;
  const { message, hint = '' } = gravest.wording;
  const isMissing = gravest.code === 'NOT_FOUND';
  const head = isMissing ? 'images are missing:' : `of ${count} images failed:`;
  const list = failures.reduce<Wording>(
    (said, each) => wording`${said}\n${each.wording.message}`,
    wording`${failures.length} ${head}`,
  );
  const { location } = gravest;
  const advice = wording`${hint}${hint === '' || more === '' ? '' : ' '}${more}`;
  throw new ImageError(gravest.code, others.length === 0 ? message : list, {
    ...(location === undefined || others.length > 0 ? {} : { location }),
    ...(advice.length === 0 ? {} : { hint: advice }),
    cause: others.length === 0 ? first : new AggregateError(failures),
  });
}
