import { html, type Html } from './html.js';

/** A row of large numbers, each with its label below. */
export function figures(
  all: readonly (readonly [value: string, label: string | undefined])[],
): Html {
  return html`<dl class="figures">
    ${all.map(
      ([value, label]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** The time of a report. @param created ISO 8601 */
export function asOf(created: string): Html {
  return html`<p class="soft">
    As of <time datetime="${created}">${created.slice(0, 16).replace('T', ' ')}</time> UTC
  </p>`;
}

/** CSS of a report; it can be printed, too. */
export const REPORT_STYLE = `.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; } .figures div { display: flex; flex-direction: column-reverse; }
.figures dd { margin: 0; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; } .figures dt { color: var(--soft); }
@media print { :root { color-scheme: light; } body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; } tr, figure { break-inside: avoid; } .scroll { overflow: visible; } }
`;
