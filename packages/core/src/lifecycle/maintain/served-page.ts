import { asOf, figures } from '../../page/figures.js';
import { amount, html } from '../../page/html.js';
import { page } from '../../page/page.js';
import { table } from '../../page/table.js';
import type { ServedReport } from './served-images.js';

/** Renders the report of a registry's folder as one HTML page without script, font or network access. */
export function servedReportPage(report: ServedReport): string {
  const { root, created, images, repositories, bytes, sharedBytes, garbage } = report;
  const title = `Images in ${root}`;
  const body = html`<h1>${title}</h1>
    ${asOf(created)}
    ${figures([
      [String(images.length), images.length === 1 ? 'image' : 'images'],
      [String(repositories.length), repositories.length === 1 ? 'repository' : 'repositories'],
      [amount(bytes), 'on disk'],
      [amount(sharedBytes), 'saved by shared layers'],
      [amount(garbage.bytes), 'would be freed by garbage collection'],
    ])}
    <h2>Repositories</h2>
    ${table({
      label: 'Repositories',
      columns: ['Repository', '#Images', '#On disk'],
      rows: repositories.map(
        (each) =>
          html`<tr>
            <th scope="row">${each.name}</th>
            <td class="number">${each.images}</td>
            <td class="number">${amount(each.bytes)}</td>
          </tr>`,
      ),
    })}
    <h2>Images</h2>
    ${table({
      label: 'Images',
      columns: ['Image', 'Digest', '#On disk', '#Not shared', '#Pushed', '#Last used'],
      rows: images
        .toSorted((one, other) => other.bytes - one.bytes)
        .map(
          ({ repository, tags, digest, bytes: size, ownBytes, created: pushed, lastUsed }) =>
            html`<tr>
              <th scope="row">
                ${repository}<br /><span class="soft">${tags.join(', ') || 'no tag'}</span>
              </th>
              <td><code>${digest}</code></td>
              <td class="number">${amount(size)}</td>
              <td class="number">${amount(ownBytes)}</td>
              <td class="number">${pushed.slice(0, 10)}</td>
              <td class="number">${lastUsed.slice(0, 10)}</td>
            </tr>`,
        ),
    })}`;
  return page({ title, body });
}
