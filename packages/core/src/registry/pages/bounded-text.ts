import { html, type Html } from '../../page/html.js';
import { isObject, type JsonObject } from '../../oci/json.js';

/** Maximum length of one text (UTF-16 code units) and of one list of an untrusted document on a page. */
const MAX_LENGTH = 2000;
const MAX_ENTRIES = 200;

/** A text of an untrusted document, cut to a length; undefined for an empty one, or another value. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}… (cut)` : value;
}

/** Texts of a list of an untrusted document, each as code. */
export function textsOf(value: unknown): readonly Html[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const more = moreThan(value.length);
  const shown = value.slice(0, MAX_ENTRIES).map((each) => html`<code>${textOf(each)}</code>`);
  return more ? [...shown, more] : shown;
}

/** The keys of an object of an untrusted document. */
export function keysOf(value: unknown): readonly Html[] | undefined {
  return isObject(value) ? textsOf(Object.keys(value)) : undefined;
}

/** The entries of an object of an untrusted document that are texts. */
export function entriesOf(values: JsonObject): readonly (readonly [string, Html | undefined])[] {
  const all = Object.entries(values);
  const shown = all.slice(0, MAX_ENTRIES).map(([key, value]) => {
    const text = textOf(value);
    return [textOf(key) ?? '', text === undefined ? undefined : html`${text}`] as const;
  });
  const more = moreThan(all.length);
  return more ? [...shown, ['…', more]] : shown;
}

/** Rows of a table for a list of an untrusted document, and a last one if entries are left out. */
export function rowsOf<T>(
  all: readonly T[],
  columns: number,
  row: (entry: T, at: number) => Html,
): readonly Html[] {
  const more = moreThan(all.length);
  const last = html`<tr>
    <td colspan="${columns}">${more}</td>
  </tr>`;
  return [...all.slice(0, MAX_ENTRIES).map(row), ...(more ? [last] : [])];
}

function moreThan(count: number): Html | undefined {
  if (count <= MAX_ENTRIES) return undefined;
  return html`<span class="soft">${count - MAX_ENTRIES} more are not shown</span>`;
}
