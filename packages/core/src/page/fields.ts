import { html, type Html } from './html.js';

/** A list of fields; those without a value, or with none in their list, are left out. */
export function fields(
  all: readonly (readonly [label: string, value: Html | readonly Html[] | undefined])[],
): Html | undefined {
  const shown = all.flatMap(([label, value]) => {
    const values = value === undefined ? [] : [value].flat();
    return values.length === 0 ? [] : [{ label, values }];
  });
  if (shown.length === 0) return undefined;
  return html`<dl class="fields">
    ${shown.map(
      ({ label, values }) =>
        html`<dt>${label}</dt>
          <dd>
            ${values.length === 1
              ? values
              : html`<ul>
                  ${values.map((each) => html`<li>${each}</li>`)}
                </ul>`}
          </dd>`,
    )}
  </dl>`;
}
