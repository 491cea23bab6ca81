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
  return html`<p class="soft">As of ${minute(created)} UTC</p>`;
}

/** A time to the minute. @param time ISO 8601, UTC */
export function minute(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')}</time>`;
}
