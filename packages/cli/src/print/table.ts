import bytes from 'bytes';
import Table from 'cli-table3';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns without lines, so that the output can be cut and grepped. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: PLAIN,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

export function formatBytes(count: number | null): string {
  return count === null
    ? '-'
    : (bytes.format(count, { unitSeparator: ' ', decimalPlaces: 1 }) ?? '-');
}

/** Enough of a digest to tell images apart. */
export function shortDigest(digest: string | null): string {
  return digest === null ? '-' : digest.replace(/^sha(?:256|512):/, '').slice(0, 12);
}
