import { shortList } from '../../errors.js';
import { collectGarbage } from '../../registry/storage/collect-registry.js';
import { scrub } from '../../registry/storage/scrub.js';
import { parseDuration, parseSize } from '../workspace/units.js';
import type { Surroundings } from '../../surroundings.js';
import type { VerbOptions } from '../workspace/call.js';
import { REGISTRY_GRACE, UPLOAD_GRACE } from './maintain-registry.js';
import { option, wording } from '../../wording.js';

/** Periodic maintenance of a registry that runs. */
export interface UpkeepOptions {
  /** Interval of garbage collections, as `1h` (default); `0` for never. */
  readonly gcEvery?: string | undefined;
  /** Interval of scrubs, which hash all content, as `7d` (default); `0` for never. */
  readonly scrubEvery?: string | undefined;
  /** Bytes that a scrub reads per second, as `20MB` (default). */
  readonly scrubRate?: string | undefined;
}

/** Parsed {@link UpkeepOptions}: intervals in milliseconds, the rate in bytes per second. */
export interface Upkeep {
  readonly gcEvery: number;
  readonly scrubEvery: number;
  readonly scrubRate: number;
}

/** The longest interval that `setInterval` supports (ms). */
export const MAX_INTERVAL_MS = 2 ** 31 - 1;

/** @throws ImageError USAGE */
export function parseUpkeep({
  gcEvery = '1h',
  scrubEvery = '7d',
  scrubRate = '20MB',
}: UpkeepOptions): Upkeep {
  return {
    gcEvery: parseDuration(gcEvery, wording`${option('gcEvery')}`),
    scrubEvery: parseDuration(scrubEvery, wording`${option('scrubEvery')}`),
    scrubRate: parseSize(scrubRate, wording`${option('scrubRate')}`),
  };
}

/** Collects garbage and scrubs a registry periodically, until it is disposed of. */
export function startUpkeep(
  root: string,
  { gcEvery, scrubEvery, scrubRate: rate }: Upkeep,
  { onEvent, now }: Pick<VerbOptions, 'onEvent'> & Pick<Surroundings, 'now'>,
): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const notify = (text: string) => onEvent?.({ type: 'notice', text });
  const times = {
    grace: parseDuration(REGISTRY_GRACE, 'grace'),
    uploadGrace: parseDuration(UPLOAD_GRACE, 'grace'),
  };
  const gc = async () => {
    const { blobs, uploads, freedBytes } = await collectGarbage(root, {
      ...times,
      now: now(),
      signal,
    });
    if (blobs.length + uploads > 0)
      notify(`gc: ${blobs.length} blobs and ${uploads} uploads deleted, ${freedBytes} bytes`);
  };
  const scrubAll = async () => {
    for (const { digest, images } of (await scrub(root, { rate, signal })).damaged)
      notify(`scrub: ${digest} was damaged; needed by ${shortList(images) || 'no image'}`);
  };
  const onError = (error: unknown) => {
    if (!signal.aborted) notify(`upkeep of ${root}: ${String(error)}`);
  };
  const timers = [runEvery(gcEvery, gc, onError), runEvery(scrubEvery, scrubAll, onError)];
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) clearInterval(timer);
      stopped.abort();
    },
  };
}

/** Runs `work` every `time` ms, skipping a turn while the previous one still runs; never if `time` is 0. */
function runEvery(
  time: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): NodeJS.Timeout | undefined {
  if (time === 0) return undefined;
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= work()
      .catch(onError)
      .finally(() => (running = undefined));
  };
  return setInterval(run, Math.min(time, MAX_INTERVAL_MS)).unref();
}
