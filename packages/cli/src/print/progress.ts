import type { LifecycleEvent } from '@stowage/core';
import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import { formatBytes } from './table.js';

/** Nobody wants to read of what is over before they look (ms). */
const PATIENCE = 1000;
/** How often a log that nobody redraws says how far it is (ms). */
const INTERVAL = 5000;

export type ProgressMode = 'auto' | 'plain' | 'json' | 'none';

/** Shows events on stderr; `done` takes down what is still drawn. */
export interface Progress {
  readonly onEvent: (event: LifecycleEvent) => void;
  readonly done: () => void;
}

const NOTHING: Progress = { onEvent: () => undefined, done: () => undefined };

export function createProgress(mode: ProgressMode, stderr: NodeJS.WriteStream): Progress {
  if (mode === 'none') return NOTHING;
  if (mode === 'json')
    return { ...NOTHING, onEvent: (event) => stderr.write(`${JSON.stringify(event)}\n`) };
  if (mode === 'plain') return plain(stderr);
  return stderr.isTTY ? drawn(stderr) : patient(stderr);
}

/** Lines, from the first on; how far it is, every few seconds. */
function plain(stderr: NodeJS.WriteStream): Progress {
  const moving = { total: 0, moved: 0, said: Date.now() };
  return {
    ...NOTHING,
    onEvent: (event) => {
      if (isPlanned(event)) moving.total += event.bytes;
      if (isMoved(event)) moving.moved += event.bytes;
      const isDue = isMoved(event) && Date.now() - moving.said > INTERVAL;
      if (isDue) moving.said = Date.now();
      const far = `  ${formatBytes(moving.moved)} of ${formatBytes(moving.total)}`;
      const line = isDue ? far : lineOf(event);
      if (line !== undefined) stderr.write(`${line}\n`);
    },
  };
}

/** Lines, once it has taken long enough for somebody to wonder; notices at once. */
function patient(stderr: NodeJS.WriteStream): Progress {
  const { onEvent } = plain(stderr);
  const held: LifecycleEvent[] = [];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    held.forEach(onEvent);
  }, PATIENCE);
  timer.unref();
  return {
    onEvent: (event) => {
      if (isLate || event.type === 'notice') onEvent(event);
      else held.push(event);
    },
    done: () => clearTimeout(timer),
  };
}

/** One bar over all bytes that move, redrawn in place; lines go above it. */
function drawn(stderr: NodeJS.WriteStream): Progress {
  // Only a terminal needs it.
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  const bar = new SingleBar({
    stream: stderr,
    format: '  {bar} {percentage}%  {amount}',
    formatValue: (value) => String(value),
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
  });
  let total = 0;
  let moved = 0;
  const stop = () => {
    if (bar.isActive) bar.stop();
  };
  return {
    onEvent: (event) => {
      if (isPlanned(event)) {
        total += event.bytes;
        if (total > 0 && !bar.isActive) bar.start(total, moved, { amount: '' });
        bar.setTotal(total);
      } else if (isMoved(event)) {
        moved += event.bytes;
        bar.update(moved, { amount: `${formatBytes(moved)} of ${formatBytes(total)}` });
      } else {
        const line = lineOf(event);
        if (line === undefined) return;
        stop();
        stderr.write(`${line}\n`);
      }
    },
    done: stop,
  };
}

type OfType<T> = Extract<LifecycleEvent, { readonly type: T }>;

function isPlanned(event: LifecycleEvent): event is OfType<'start'> | OfType<'fetching'> {
  return event.type === 'start' || event.type === 'fetching';
}

function isMoved(event: LifecycleEvent): event is OfType<'progress'> | OfType<'fetched'> {
  return event.type === 'progress' || event.type === 'fetched';
}

function lineOf(event: LifecycleEvent): string | undefined {
  switch (event.type) {
    case 'step':
      return `${event.subject}: ${event.text}`;
    case 'notice':
      return `note: ${event.text}`;
    case 'engine':
      return `  ${event.text}`;
    case 'start':
      return event.bytes === 0 ? undefined : `  moving ${formatBytes(event.bytes)}`;
    case 'fetching':
      return `  ${event.bytes === 0 ? 'everything is in the cache' : `fetching ${formatBytes(event.bytes)}`}`;
    case 'progress':
    case 'fetched':
    case 'skipped':
    case 'done':
      return undefined;
  }
}
