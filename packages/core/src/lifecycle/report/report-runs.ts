import type { TaskRun } from '../../definition/runs.js';

/** The runs of one target of one image. */
export interface RunSummary {
  readonly image: string;
  /** Nx target, for example `image-save`. */
  readonly target: string;
  readonly built: number;
  readonly localCache: number;
  readonly remoteCache: number;
  readonly failed: number;
  /** Durations of the `built` runs in milliseconds, oldest first. */
  readonly times: readonly number[];
  /** Median of `times` in milliseconds; null without a `built` run. */
  readonly medianTime: number | null;
  /** Time of the last run, ISO 8601. */
  readonly last: string;
}

/** Summarizes runs by image and target, sorted by both. */
export function summarizeRuns(runs: readonly TaskRun[]): RunSummary[] {
  const groups = new Map<string, TaskRun[]>();
  for (const run of [...runs].sort((one, other) => (one.at < other.at ? -1 : 1))) {
    const key = `${run.image} ${run.target}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()]
    .map(summarize)
    .sort((one, other) =>
      `${one.image} ${one.target}` < `${other.image} ${other.target}` ? -1 : 1,
    );
}

function summarize(runs: readonly TaskRun[]): RunSummary {
  const count = (result: TaskRun['result']) => runs.filter((run) => run.result === result).length;
  const times = runs.flatMap(({ result, took }) => (result === 'built' ? [took] : []));
  const sorted = [...times].sort((one, other) => one - other);
  const { image = '', target = '', at = '' } = runs.at(-1) ?? {};
  return {
    image,
    target,
    built: count('built'),
    localCache: count('local-cache'),
    remoteCache: count('remote-cache'),
    failed: count('failed'),
    times,
    medianTime: sorted[Math.floor(sorted.length / 2)] ?? null,
    last: at,
  };
}
