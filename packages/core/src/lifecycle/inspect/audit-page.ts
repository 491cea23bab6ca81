import { userAgent } from '../../distribution/transport/user-agent.js';
import { amount, html, type Html } from '../../page/html.js';
import { page } from '../../page/page.js';
import { table } from '../../page/table.js';
import type { VerifyResult } from './verify.js';

/** Renders results of `verify` as one HTML page without script, font or network access. @param now ms since 1970 */
export function auditPage(results: readonly VerifyResult[], now: number): string {
  const created = new Date(now).toISOString();
  const problems = results.reduce((sum, each) => sum + each.problems.length, 0);
  const outcome = problems === 0 ? 'Everything is as it should be' : `${problems} problems`;
  const body = html`<h1>${outcome}</h1>
    <p class="soft">
      Verified at <time datetime="${created}">${created.slice(0, 19).replace('T', ' ')}</time> UTC
      by ${userAgent().replace('/', ' ')}: every byte was read
    </p>
    ${table({
      label: 'Archives',
      columns: ['Archive', '#Images', '#Bytes', 'Result'],
      rows: results.map(
        ({ location, images, bytes, ok, problems: found }) =>
          html`<tr>
            <th scope="row">${location}</th>
            <td class="number">${images}</td>
            <td class="number">${amount(bytes)}</td>
            <td>${ok ? 'ok' : `${found.length} problems`}</td>
          </tr>`,
      ),
    })}
    ${results.map(problemsOf)} ${results.map(imagesOf)}`;
  return page({ title: 'Verification', body });
}

function problemsOf({ location, problems }: VerifyResult): Html | undefined {
  if (problems.length === 0) return undefined;
  return html`<h2>Problems of ${location}</h2>
    ${table({
      label: `Problems of ${location}`,
      columns: ['Code', 'Problem'],
      rows: problems.map(
        ({ code, message }) =>
          html`<tr>
            <th scope="row">${code}</th>
            <td>${message}</td>
          </tr>`,
      ),
    })}`;
}

/** The images as the manifest of the transfer lists them. */
function imagesOf({ location, manifest }: VerifyResult): Html | undefined {
  if (!manifest) return undefined;
  return html`<h2>Images of ${location}</h2>
    <p class="soft">Listed by ${manifest.tool}</p>
    ${table({
      label: `Images of ${location}`,
      columns: ['Image', 'Digest', '#Size', 'Date', 'From', 'Files'],
      rows: manifest.images.map(
        ({ reference, digest, size, created, source, files }) =>
          html`<tr>
            <th scope="row">${reference ?? '(no name)'}</th>
            <td><code>${digest}</code></td>
            <td class="number">${amount(size)}</td>
            <td>${created ?? '–'}</td>
            <td>${source ?? '–'}</td>
            <td>${files.join(' ')}</td>
          </tr>`,
      ),
    })}`;
}
