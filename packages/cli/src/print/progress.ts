import { engineSections, type Descriptor, type LifecycleEvent } from '@stowage/core';
import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import { printableLines } from '@stowage/core';
import type * as CliProgress from 'cli-progress';
import { painted } from './paint.js';
import { print, printJson } from './print.js';
import { formatBytes, shortDigest } from './table.js';
import { message, text, type Text } from './text.js';

/** Show progress only after this long (ms). */
const SHOW_AFTER_MS = 1000;
/** Interval of progress lines where bars cannot be drawn (ms). */
const REPORT_INTERVAL_MS = 5000;

export type ProgressMode = 'auto' | 'plain' | 'json' | 'none';

/** Shows events on stderr; `done` removes the bars that are still drawn. */
export interface Progress {
  readonly onEvent: (event: LifecycleEvent) => void;
  readonly done: () => void;
}

const NO_PROGRESS: Progress = { onEvent: () => undefined, done: () => undefined };

export function createProgress(mode: ProgressMode, stderr: NodeJS.WriteStream): Progress {
  if (mode === 'none') return NO_PROGRESS;
  if (mode === 'json') return { ...NO_PROGRESS, onEvent: (event) => printJson(stderr, event) };
  if (mode === 'plain') return createPlain(stderr);
  return stderr.isTTY ? createBars(stderr) : createDelayed(stderr);
}

/** Prints each event as a line at once, and the progress every few seconds. */
function createPlain(stderr: NodeJS.WriteStream): Progress {
  const moving = { total: 0, moved: 0, said: Date.now() };
  const sections = engineSections({ env: process.env, now: () => Date.now() });
  // The markers of sections begin with characters that are escaped elsewhere.
  const mark = (line: string | undefined) => line !== undefined && stderr.write(`${line}\n`);
  return {
    done: () => mark(sections.end()),
    onEvent: (event) => {
      // Images that move side by side have one progress.
      const isBeside = isPlanned(event) && moving.moved < moving.total;
      if (isPlanned(event)) moving.total += event.bytes;
      if (isMoved(event)) moving.moved += event.bytes;
      const isDue = isMoved(event) && Date.now() - moving.said > REPORT_INTERVAL_MS;
      if (isDue) moving.said = Date.now();
      const far = text`  ${formatBytes(moving.moved)} of ${formatBytes(moving.total)}\n`;
      const line = isDue ? far : isBeside ? undefined : lineOf(event);
      if (line !== undefined) mark(sections.before(event));
      if (line !== undefined) print(stderr, line);
    },
  };
}

/** Like {@link createPlain}, but only after {@link SHOW_AFTER_MS}; notices at once. */
function createDelayed(stderr: NodeJS.WriteStream): Progress {
  const { onEvent, done } = createPlain(stderr);
  const held: LifecycleEvent[] = [];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    held.forEach(onEvent);
  }, SHOW_AFTER_MS);
  timer.unref();
  return {
    onEvent: (event) => {
      if (isLate || event.type === 'notice') onEvent(event);
      else held.push(event);
    },
    done: () => {
      clearTimeout(timer);
      done();
    },
  };
}

/** Smaller blobs have no bar of their own (bytes). */
const MIN_BAR_BYTES = 4_000_000;
/** Bars for single blobs, besides the one for the total. */
const MAX_BARS = 4;

/** Draws a bar for each large blob and one for the total, in place; lines are printed above them. */
function createBars(stderr: NodeJS.WriteStream): Progress {
  // Loaded on demand: only a terminal needs it.
  const { MultiBar } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  const bars = new MultiBar({
    stream: stderr,
    // Fits 80 columns.
    format: '  {name} {bar} {percentage}%  {amount}',
    formatValue: (value, _options, type) =>
      type === 'percentage' ? String(value).padStart(3) : String(value),
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    gracefulExit: false,
  });
  const all = { total: 0, moved: 0 };
  let totalBar: CliProgress.SingleBar | undefined;
  const blobs = new Map<string, { readonly bar: CliProgress.SingleBar; moved: number }>();
  const amountOf = (moved: number, total: number) =>
    `${formatBytes(moved)} of ${formatBytes(total)}`;
  const show = () => {
    const payload = { name: 'all'.padEnd(NAME_WIDTH), amount: amountOf(all.moved, all.total) };
    totalBar ??= bars.create(all.total, all.moved, payload);
    totalBar.setTotal(all.total);
    totalBar.update(all.moved, payload);
  };
  const showBlob = ({ digest, size }: Descriptor, bytes: number) => {
    let blob = blobs.get(digest);
    if (!blob && (size < MIN_BAR_BYTES || blobs.size === MAX_BARS)) return;
    if (!blob) {
      const bar = bars.create(size, 0, {
        name: shortDigest(digest).padEnd(NAME_WIDTH),
        amount: '',
      });
      blobs.set(digest, (blob = { bar, moved: 0 }));
    }
    blob.moved += bytes;
    blob.bar.update(blob.moved, { amount: amountOf(blob.moved, size) });
  };
  const drop = (digest: string) => {
    const blob = blobs.get(digest);
    if (!blob) return;
    bars.remove(blob.bar);
    blobs.delete(digest);
  };
  return {
    onEvent: (event) => {
      if (isPlanned(event)) all.total += event.bytes;
      if (isMoved(event)) all.moved += event.bytes;
      if (event.type === 'progress') showBlob(event.descriptor, event.bytes);
      if (event.type === 'done' || event.type === 'skipped') drop(event.descriptor.digest);
      const line = isPlanned(event) ? undefined : lineOf(event);
      if (line !== undefined && totalBar) bars.log(painted(printableLines(line.content), stderr));
      else if (line !== undefined) print(stderr, line);
      else if (all.total > 0) show();
    },
    done: () => {
      if (!totalBar) return;
      // Prints the lines that are still queued above the bars.
      bars.update();
      bars.stop();
    },
  };
}

/** Width of a bar's name, in columns. */
const NAME_WIDTH = 12;

type OfType<T> = Extract<LifecycleEvent, { readonly type: T }>;

function isPlanned(event: LifecycleEvent): event is OfType<'start'> | OfType<'fetching'> {
  return event.type === 'start' || event.type === 'fetching';
}

function isMoved(event: LifecycleEvent): event is OfType<'progress'> | OfType<'fetched'> {
  return event.type === 'progress' || event.type === 'fetched';
}

function lineOf(event: LifecycleEvent): Text | undefined {
  switch (event.type) {
    case 'step':
      return text`${event.subject}: ${message(event.text)}\n`;
    case 'notice':
      return text`note: ${message(event.text)}\n`;
    case 'engine':
      return text`  ${message(stripVTControlCharacters(event.text))}\n`;
    case 'start':
      return event.bytes === 0 ? undefined : text`  moving ${formatBytes(event.bytes)}\n`;
    case 'fetching':
      return text`  ${event.bytes === 0 ? 'everything is in the cache' : `fetching ${formatBytes(event.bytes)}`}\n`;
    case 'progress':
    case 'fetched':
    case 'written':
    case 'skipped':
    case 'done':
      return undefined;
  }
}
