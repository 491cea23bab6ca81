import type { LifecycleEvent } from '@stowage/core';
import { dirname, join, relative, sep } from 'node:path';
import { formatBytes } from './table.js';
import { text, type Text } from './text.js';

/** The images that a command moved, for its last line. */
export interface Total {
  readonly images: number;
  /** Bytes that were sent or received; replaced by those of the archive that was written, if any. */
  readonly bytes: number;
}

export interface TotalContext {
  readonly written: WrittenEvent | undefined;
  readonly cwd: string;
  readonly dryRun: boolean | undefined;
  /** How long the command took. */
  readonly milliseconds: number;
}

export type WrittenEvent = Extract<LifecycleEvent, { readonly type: 'written' }>;

/** `20 images, 273 MB, 3 parts in medium/, 1.9 s`; undefined for one image without parts, whose line has it all. */
export function formatTotal(
  { images, bytes }: Total,
  { written, cwd, dryRun, milliseconds }: TotalContext,
): Text | undefined {
  const files = written?.files ?? 1;
  if (images < 2 && files < 2) return undefined;
  const many = `${images} ${images === 1 ? 'image' : 'images'}`;
  if (dryRun) return text`${many}, ≤ ${formatBytes(bytes)}, nothing was done\n`;
  const place = written ? [placeOf(written, cwd)] : [];
  const took = `${(milliseconds / 1000).toFixed(1)} s`;
  return text`${[many, formatBytes(written?.bytes ?? bytes), ...place, took].join(', ')}\n`;
}

function placeOf({ path, files }: WrittenEvent, cwd: string): string {
  const shown = relative(cwd, path);
  const short = shown.startsWith('..') ? path : shown;
  if (files === 1) return short;
  const folder = dirname(short);
  return folder === '.' ? `${files} parts of ${short}` : `${files} parts in ${join(folder, sep)}`;
}
