import type { Descriptor } from '../../oci/descriptor.js';
import { isObject, type JsonObject } from '../../oci/json.js';
import { fields } from '../../page/fields.js';
import { minute } from '../../page/figures.js';
import { amount, html, type Html } from '../../page/html.js';
import { table } from '../../page/table.js';
import { entriesOf, keysOf, rowsOf, textOf, textsOf } from './bounded-text.js';
import { timeOf } from './image-facts.js';

/** How a container of an image starts, and its labels (OCI image spec 1.1, config.md § Properties). */
export function configOf(document: JsonObject): Html | undefined {
  const config = isObject(document['config']) ? document['config'] : {};
  const text = (value: unknown) => {
    const shown = textOf(value);
    return shown === undefined ? undefined : html`<code>${shown}</code>`;
  };
  const shown = fields([
    ['Entrypoint', commandOf(config['Entrypoint'])],
    ['Command', commandOf(config['Cmd'])],
    ['Working directory', text(config['WorkingDir'])],
    ['User', text(config['User'])],
    ['Environment', textsOf(config['Env'])],
    ['Exposed ports', keysOf(config['ExposedPorts'])],
    ['Volumes', keysOf(config['Volumes'])],
    ['Stop signal', text(config['StopSignal'])],
    ['Author', text(document['author'])],
  ]);
  const labels = isObject(config['Labels']) ? fields(entriesOf(config['Labels'])) : undefined;
  return html`${shown &&
  html`<h2>Config</h2>
    ${shown}`}
  ${labels &&
  html`<h2>Labels</h2>
    ${labels}`}`;
}

/** A command with its arguments, as JSON: so it is seen where each begins and ends. */
function commandOf(value: unknown): Html | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts = textsOf(value.map((each) => JSON.stringify(textOf(each) ?? '')));
  return html`${parts?.map((part) => html`${part} `)}`;
}

/** The steps that made an image, the latest last; with the sizes of their layers where each has its own. */
export function historyOf(document: JsonObject, layers: readonly Descriptor[]): Html | undefined {
  const { history } = document;
  if (!Array.isArray(history) || history.length === 0) return undefined;
  const steps = history.map((each: unknown) => (isObject(each) ? each : {}));
  const withLayer = steps.filter((step) => step['empty_layer'] !== true);
  const layerOf = new Map(
    withLayer.length === layers.length
      ? withLayer.map((step, at) => [step, layers[at]] as const)
      : [],
  );
  const rows = rowsOf(steps, 3, (step) => {
    const time = timeOf(step['created']);
    const comment = textOf(step['comment']);
    const layer = layerOf.get(step);
    return html`<tr>
      <td>
        <code class="lines">${textOf(step['created_by']) ?? '–'}</code>
        ${comment && html`<br /><span class="soft">${comment}</span>`}
      </td>
      <td>${time === undefined ? '–' : minute(time)}</td>
      <td class="number">${layer ? amount(layer.size) : '–'}</td>
    </tr>`;
  });
  return html`<h2>History</h2>
    ${table({ label: 'History', columns: ['Step', 'Created', '#Layer'], rows })}`;
}
