import bytes from 'bytes';
import { printable } from '../printable.js';

/** A table for the page of a CI job. */
export interface JobSummary {
  readonly title: string;
  readonly head: readonly string[];
  /** A number is a size in bytes. Texts may be untrusted: they are escaped. */
  readonly rows: readonly (readonly (string | number)[])[];
}

/** GitHub drops the summary of a step above 1 MiB (bytes). */
const MAX_BYTES = 1024 * 1024;
/** Kept free for the row that counts the rest (bytes). */
const REST_BYTES = 200;

/** The Markdown to append to a summary. @param before its text so far. */
export function summaryText({ title, head, rows }: JobSummary, before = ''): string {
  const start = [`### ${escapeCell(title)}`, '', line(head), line(head.map(() => '---'))];
  const heading = `${start.map((each) => `${each}\n`).join('')}`;
  const isContinued = endsWithTable(before, heading);
  const gap = before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const parts = isContinued ? [] : [gap, heading];
  let length = Buffer.byteLength(before) + Buffer.byteLength(parts.join(''));
  if (length + REST_BYTES > MAX_BYTES) return '';
  for (const [at, row] of rows.entries()) {
    const text = `${line(row.map(escapeCell))}\n`;
    length += Buffer.byteLength(text);
    if (length + REST_BYTES > MAX_BYTES) {
      const more = line([`and ${rows.length - at} more`, ...head.slice(1).map(() => '')]);
      return `${parts.join('')}${more}\n`;
    }
    parts.push(text);
  }
  return parts.join('');
}

function bytesOf(count: number): string | null {
  return bytes.format(count, { unitSeparator: ' ', decimalPlaces: 1 });
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Whether a text ends with a table of this heading. */
function endsWithTable(text: string, heading: string): boolean {
  const at = text.lastIndexOf(heading);
  const rows = text.slice(at + heading.length);
  return at >= 0 && rows.endsWith('\n') && /^(?:\|[^\n]*\n)+$/.test(rows);
}

/** As character references, so that no value is Markdown or HTML. */
function escapeCell(cell: string | number): string {
  const text = typeof cell === 'number' ? (bytesOf(cell) ?? '') : cell;
  return printable(text).replace(
    /[^A-Za-z0-9 .,/@-]/gu,
    (character) => `&#${character.codePointAt(0)};`,
  );
}
