import { shortList } from '../../errors.js';
import type { RuleTexts } from '../../definition/settings.js';
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

/** The first deletion waits at least this long after the notice of what it will delete (ms). */
const NOTICE_MS = 3_600_000;

/**
 * Deletes images of a registry by rules, periodically, until it is disposed of. At the start it only tells, in a notice,
 * what the rules delete; the first deletion is an hour later, or after the interval if that is shorter.
 *
 * @throws ImageError USAGE (a rule)
 */
export function startRetention(
  workspace: Workspace,
  { every = '1d', ...rules }: RetentionOptions,
  {
    cwd,
    root,
    onEvent,
  }: Pick<VerbOptions, 'onEvent'> & { readonly cwd: string; readonly root?: string | undefined },
): Disposable {
  const interval = parseDuration(every, 'prune: every');
  // Tells of a wrong rule before the registry serves.
  pruneRules({ prune: {} }, rules, 1);
  const stopped = new AbortController();
  const { signal } = stopped;
  const notify = (text: string): void => onEvent?.({ type: 'notice', text });
  const run = async (dryRun: boolean): Promise<void> => {
    const result = await prune(workspace, {
      ...rules,
      cwd,
      root,
      dryRun,
      signal,
      onlyRegistry: true,
    });
    const said = describe(result);
    if (said !== undefined) notify(`prune: ${dryRun ? 'will delete' : 'deleted'} ${said}`);
  };
  let isRunning = false;
  /** One run at a time: while one is running, the next turn is skipped. */
  const turn = async (dryRun: boolean): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      await run(dryRun);
    } catch (error) {
      if (!signal.aborted) notify(`prune: ${String(error)}`);
    } finally {
      isRunning = false;
    }
  };
  void turn(true);
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    void turn(false);
    timer = setInterval(() => void turn(false), Math.min(interval, MAX_INTERVAL_MS)).unref();
  };
  const first = setTimeout(begin, Math.min(interval, NOTICE_MS)).unref();
  if (interval === 0) clearTimeout(first);
  return {
    [Symbol.dispose]: () => {
      clearTimeout(first);
      clearInterval(timer);
      stopped.abort();
    },
  };
}

function describe({ decisions, freedBytes }: PruneResult): string | undefined {
  const gone = decisions.filter(({ action }) => action === 'delete').map(({ path }) => path);
  if (gone.length === 0) return undefined;
  return `${gone.length} images, ${freedBytes} bytes: ${shortList(gone)}`;
}
