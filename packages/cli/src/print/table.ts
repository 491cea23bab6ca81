import { printable } from '@stowage/core';
import bytes from 'bytes';
import { Text } from './text.js';

/** Formats aligned columns without lines, so that `cut` and `grep` work on the output. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): Text {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, at) =>
    all.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), 0),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return new Text(`${all.map(line).join('\n')}\n`);
}

export function formatBytes(count: number | null): string {
  return count === null
    ? '-'
    : (bytes.format(count, { unitSeparator: ' ', decimalPlaces: 1 }) ?? '-');
}

/** The first 12 hexadecimal digits of a digest; `-` for null. */
export function shortDigest(digest: string | null): string {
  return digest === null ? '-' : digest.replace(/^sha(?:256|512):/, '').slice(0, 12);
}
