import type { RuleTexts } from '../../definition/settings/settings.js';
import { modifiedAt } from '../../disk/allocated.js';
import { shortList } from '../../errors.js';
import { makeLink } from '../../registry/storage/links.js';
import { doneFile } from '../../registry/storage/registry-paths.js';
import { registryFolder } from '../maintain/registry-folder.js';
import { MAX_INTERVAL_MS } from '../maintain/upkeep.js';
import { pruneRules } from '../prune/prune-rules.js';
import { prune, type PruneResult } from '../prune/prune.js';
import type { VerbOptions } from '../workspace/call.js';
import { parseDuration } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';

/** By which rules, and how often, a running registry deletes images. */
export interface RetentionOptions extends Omit<RuleTexts, 'orphans' | 'reserved'> {
  /** Interval of deletions, as `1d` (default). */
  readonly every?: string | undefined;
  /** Patterns of names to keep. */
  readonly keep?: readonly string[] | undefined;
}

/** After a start, the next deletion waits at least this long, or the interval if that is shorter (ms). */
const NOTICE_MS = 3_600_000;

/** Options for deleting images of a running registry. */
export interface RetentionContext extends Pick<VerbOptions, 'onEvent'> {
  readonly cwd: string;
  readonly root?: string | undefined;
}

/**
 * Deletes images of a registry by rules, at an interval, until it is disposed of. At the start, and when rules are replaced,
 * it only tells, in a notice, what they delete now and when the next deletion is: an interval after the last one, or after
 * the registry was first started with rules. A restart does not change the times, except that a deletion that is due waits
 * for an hour.
 */
export class Retention implements Disposable {
  readonly #workspace: Workspace;
  readonly #context: RetentionContext;
  #rules: string | undefined;
  #schedule: Disposable | undefined;

  constructor(workspace: Workspace, context: RetentionContext) {
    this.#workspace = workspace;
    this.#context = context;
  }

  /** Replaces the rules; without rules nothing is deleted. @throws ImageError USAGE (a rule); then the old ones stay */
  update(rules: RetentionOptions | undefined): void {
    const text = JSON.stringify(rules);
    if (text === this.#rules) return;
    const interval = rules && parseRetention(rules);
    this.#schedule?.[Symbol.dispose]();
    this.#rules = text;
    this.#schedule =
      rules === undefined || !interval
        ? undefined
        : start(this.#workspace, rules, { ...this.#context, interval });
  }

  [Symbol.dispose](): void {
    this.#schedule?.[Symbol.dispose]();
  }
}

/** Checks the rules. @returns the interval (ms) @throws ImageError USAGE */
function parseRetention({ every = '1d', ...rules }: RetentionOptions): number {
  pruneRules({ prune: {} }, rules, 1);
  return parseDuration(every, 'prune: every');
}

function start(
  workspace: Workspace,
  { every: _, ...rules }: RetentionOptions,
  { interval, cwd, root, onEvent }: RetentionContext & { readonly interval: number },
): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const folder = registryFolder(workspace, { cwd, root });
  const notify = (text: string): void => onEvent?.({ type: 'notice', text: `prune: ${text}` });
  const run = (dryRun: boolean): Promise<PruneResult> =>
    prune(workspace, { ...rules, cwd, root, dryRun, signal, onlyRegistry: true });
  const remove = async (): Promise<void> => {
    const deleted = await run(false);
    await makeLink(doneFile(folder, 'pruned'), { privateTo: folder });
    if (goneOf(deleted).length > 0) notify(`deleted ${describe(deleted)}`);
  };
  const onError = (error: unknown): void => {
    if (!signal.aborted) notify(String(error));
  };
  const { now } = workspace.surroundings;
  /** When the next deletion is; at the first start with rules, it begins the schedule. */
  const nextTime = async (): Promise<number> => {
    const done = doneFile(folder, 'pruned');
    const last = await modifiedAt(done);
    if (last === undefined) await makeLink(done, { privateTo: folder });
    return Math.max((last ?? now()) + interval, now() + Math.min(interval, NOTICE_MS));
  };
  let timer: NodeJS.Timeout | undefined;
  const wait = (time: number): void => {
    if (signal.aborted) return;
    const turn = () =>
      void remove()
        .catch(onError)
        .finally(() => wait(interval));
    timer = setTimeout(turn, Math.min(time, MAX_INTERVAL_MS)).unref();
  };
  const begin = async (): Promise<void> => {
    const due = await nextTime();
    const when = new Date(due).toISOString().replace(/\.\d+Z$/, 'Z');
    const tell = async () =>
      notify(`would delete ${describe(await run(true))}; the next deletion is at ${when}`);
    await tell().catch(onError);
    wait(Math.max(0, due - now()));
  };
  void begin().catch(onError);
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      stopped.abort();
    },
  };
}

function goneOf({ decisions }: PruneResult): string[] {
  return decisions.filter(({ action }) => action === 'delete').map(({ path }) => path);
}

function describe(result: PruneResult): string {
  const gone = goneOf(result);
  if (gone.length === 0) return 'nothing now';
  const count = gone.length === 1 ? '1 image' : `${gone.length} images`;
  return `${count}, ${result.freedBytes} bytes: ${shortList(gone)}`;
}
