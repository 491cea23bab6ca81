import { shortList } from '../../errors.js';
import { collectGarbage } from '../../registry/storage/collect-registry.js';
import { scrub } from '../../registry/storage/scrub.js';
import { duration, size } from '../workspace/units.js';
import type { VerbOptions } from '../workspace/call.js';
import { REGISTRY_GRACE, UPLOAD_GRACE } from './maintain-registry.js';

/** Periodic maintenance of a registry that runs. */
export interface UpkeepOptions {
  /** How often garbage is collected, as `1h`; `0` never. */
  readonly gcEvery?: string | undefined;
  /** How often all content is hashed, as `7d`; `0` never. */
  readonly scrubEvery?: string | undefined;
  /** How much of it is read in a second, as `20MB`. */
  readonly scrubRate?: string | undefined;
}

/** In milliseconds, and bytes in a second. */
export interface Upkeep {
  readonly gcEvery: number;
  readonly scrubEvery: number;
  readonly scrubRate: number;
}

/** `setInterval` knows no longer time (ms). */
const LONGEST = 2 ** 31 - 1;

/** @throws ImageError USAGE */
export function parseUpkeep({
  gcEvery = '1h',
  scrubEvery = '7d',
  scrubRate = '20MB',
}: UpkeepOptions): Upkeep {
  return {
    gcEvery: duration(gcEvery, '--gc-every'),
    scrubEvery: duration(scrubEvery, '--scrub-every'),
    scrubRate: size(scrubRate, '--scrub-rate'),
  };
}

/** Collects garbage and looks for damage now and then, until it is disposed of. */
export function keepUp(
  root: string,
  { gcEvery, scrubEvery, scrubRate: rate }: Upkeep,
  { onEvent }: Pick<VerbOptions, 'onEvent'>,
): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const say = (text: string) => onEvent?.({ type: 'notice', text });
  const times = {
    grace: duration(REGISTRY_GRACE, 'grace'),
    uploadGrace: duration(UPLOAD_GRACE, 'grace'),
  };
  const gc = async () => {
    const { blobs, uploads, freedBytes } = await collectGarbage(root, { ...times, signal });
    if (blobs.length + uploads > 0)
      say(`gc: ${blobs.length} blobs and ${uploads} uploads deleted, ${freedBytes} bytes`);
  };
  const look = async () => {
    for (const { digest, images } of (await scrub(root, { rate, signal })).damaged)
      say(`scrub: ${digest} was damaged; needed by ${shortList(images) || 'no image'}`);
  };
  const failed = (error: unknown) => {
    if (!signal.aborted) say(`upkeep of ${root}: ${String(error)}`);
  };
  const timers = [every(gcEvery, gc, failed), every(scrubEvery, look, failed)];
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) clearInterval(timer);
      stopped.abort();
    },
  };
}

/** Never while it still runs. */
function every(
  time: number,
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): NodeJS.Timeout | undefined {
  if (time === 0) return undefined;
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= work()
      .catch(failed)
      .finally(() => (running = undefined));
  };
  return setInterval(run, Math.min(time, LONGEST)).unref();
}
