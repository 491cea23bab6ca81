import { html, type Html } from './html.js';

/** A table that scrolls sideways on a narrow screen, by keyboard, too. */
export type Table = Named & {
  /** Titles; one that begins with `#` is of a column of numbers. */
  readonly columns: readonly string[];
  /** A `tr` each. */
  readonly rows: readonly Html[];
};

/** A visible caption; or a name for screen readers only, below a heading. */
type Named =
  | { readonly caption: string; readonly label?: undefined }
  | { readonly caption?: undefined; readonly label: string };

export function table({ caption, label, columns, rows }: Table): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption ?? label}">
    <table>
      ${caption === undefined
        ? undefined
        : html`<caption>
            ${caption}
          </caption>`}
      <thead>
        <tr>
          ${columns.map((column) =>
            column.startsWith('#')
              ? html`<th scope="col" class="number">${column.slice(1)}</th>`
              : html`<th scope="col">${column}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
