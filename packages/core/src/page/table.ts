import { html, type Html } from './html.js';

/** A table that scrolls sideways on a narrow screen. */
export interface Table {
  readonly caption?: string;
  /** Titles; one that begins with `#` is of a column of numbers. */
  readonly columns: readonly string[];
  /** A `tr` each. */
  readonly rows: readonly Html[];
}

export function table({ caption, columns, rows }: Table): Html {
  return html`<div class="scroll">
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
