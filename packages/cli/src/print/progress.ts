import type { Descriptor, LifecycleEvent } from '@stowage/core';
import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import { printableLines } from '@stowage/core';
import type * as CliProgress from 'cli-progress';
import { painted } from './paint.js';
import { print, printJson } from './print.js';
import { formatBytes, shortDigest } from './table.js';
import { message, text, type Text } from './text.js';

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
  if (mode === 'json') return { ...NOTHING, onEvent: (event) => printJson(stderr, event) };
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
      const far = text`  ${formatBytes(moving.moved)} of ${formatBytes(moving.total)}\n`;
      const line = isDue ? far : lineOf(event);
      if (line !== undefined) print(stderr, line);
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

/** Smaller blobs have no bar of their own (bytes). */
const BIG = 4_000_000;
/** How many bars there are besides the one for everything. */
const BARS = 4;

/** A bar for each big blob that moves and one for everything, redrawn in place; lines go above them. */
function drawn(stderr: NodeJS.WriteStream): Progress {
  // Only a terminal needs it.
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
  let whole: CliProgress.SingleBar | undefined;
  const blobs = new Map<string, { readonly bar: CliProgress.SingleBar; moved: number }>();
  const amountOf = (moved: number, total: number) =>
    `${formatBytes(moved)} of ${formatBytes(total)}`;
  const show = () => {
    const payload = { name: 'all'.padEnd(NAME), amount: amountOf(all.moved, all.total) };
    whole ??= bars.create(all.total, all.moved, payload);
    whole.setTotal(all.total);
    whole.update(all.moved, payload);
  };
  const showBlob = ({ digest, size }: Descriptor, bytes: number) => {
    let blob = blobs.get(digest);
    if (!blob && (size < BIG || blobs.size === BARS)) return;
    if (!blob) {
      const bar = bars.create(size, 0, { name: shortDigest(digest).padEnd(NAME), amount: '' });
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
      if (line !== undefined && whole) bars.log(painted(printableLines(line.content), stderr));
      else if (line !== undefined) print(stderr, line);
      else if (all.total > 0) show();
    },
    done: () => {
      if (!whole) return;
      // Lines that wait to be drawn above.
      bars.update();
      bars.stop();
    },
  };
}

/** Columns for what a bar is of. */
const NAME = 12;

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
    case 'skipped':
    case 'done':
      return undefined;
  }
}
