import ms from 'ms';
import { asOf, figures } from '../../page/figures.js';
import { amount, html, type Html } from '../../page/html.js';
import { page } from '../../page/page.js';
import { table } from '../../page/table.js';
import type { Report } from './report.js';
import { reportPicture } from './report-picture.js';
import type { RunSummary } from './report-runs.js';

/** Renders a report as one HTML page. */
export async function renderReport(report: Report): Promise<string> {
  const { workspace, created, bytes, repeatedBytes, archives, problems, prune } = report;
  const shown: (readonly [string, string])[] = [
    [String(archives.length), archives.length === 1 ? 'archive' : 'archives'],
    [amount(bytes), 'on disk'],
    [amount(repeatedBytes), 'in duplicate layers'],
    [amount(prune.freedBytes), 'would be freed by prune'],
    [String(problems.length), problems.length === 1 ? 'problem' : 'problems'],
  ];
  const body = html`<h1>Images of ${workspace}</h1>
    ${asOf(created)} ${figures(shown)}
    ${(await reportPicture(report)) ??
    html`<p>No archives yet: <code>nx run PROJECT:image-save</code> makes one.</p>`}
    ${problemsOf(report)} ${archivesOf(report)} ${pruneOf(report)} ${runsOf(report.runs)}`;
  return page({ title: `Images of ${workspace}`, body });
}

function problemsOf({ problems }: Report): Html | undefined {
  if (problems.length === 0) return undefined;
  return section(
    'Problems',
    ['Problem', 'Path', 'Fix'],
    problems.map(
      ({ name, kind, path, detail, fix }) =>
        html`<tr>
          <th scope="row">${name}<br /><span class="soft">${kind}: ${detail}</span></th>
          <td><code>${path}</code></td>
          <td>${fix}</td>
        </tr>`,
    ),
  );
}

function archivesOf({ archives, created }: Report): Html | undefined {
  if (archives.length === 0) return undefined;
  const now = Date.parse(created);
  const rows = [...archives.entries()].sort(([, one], [, other]) => other.bytes - one.bytes);
  return section(
    'Archives',
    ['Name', 'Project', '#On disk', '#Shared with others', '#Age', '#Last used', 'State'],
    rows.map(
      ([at, { name, project, bytes, sharedBytes, created: made, lastUsed, pinned, state }]) =>
        html`<tr id="archive-${at}">
          <th scope="row">${name}</th>
          <td>${project ?? '–'}</td>
          <td class="number">${amount(bytes)}</td>
          <td class="number">${amount(sharedBytes)}</td>
          <td class="number">${formatAge(made, now)}</td>
          <td class="number">${lastUsed === null ? 'never' : `${formatAge(lastUsed, now)} ago`}</td>
          <td>${state}${pinned ? ', pinned' : ''}</td>
        </tr>`,
    ),
  );
}

function pruneOf({ prune: { decisions, freedBytes, shortfallBytes } }: Report): Html {
  const going = decisions.filter(({ action }) => action === 'delete');
  const kept = new Map<string, number>();
  for (const { action, reason } of decisions)
    if (action === 'keep') kept.set(reason, (kept.get(reason) ?? 0) + 1);
  const short =
    shortfallBytes === 0
      ? undefined
      : html`<p>
          The limits on space ask for ${amount(shortfallBytes)} more than the rules allow to delete.
        </p>`;
  return html`${section(
    `What prune would delete: ${going.length === 0 ? 'nothing' : amount(freedBytes)}`,
    ['Item', 'Path', '#Frees', 'Reason'],
    going.map(
      ({ name, kind, path, bytes, reason }) =>
        html`<tr>
          <th scope="row">${name}<br /><span class="soft">${kind}</span></th>
          <td><code>${path}</code></td>
          <td class="number">${amount(bytes)}</td>
          <td>${reason}</td>
        </tr>`,
    ),
  )}
  ${short}
  ${kept.size === 0
    ? undefined
    : html`<p>Kept, by reason:</p>
        <ul>
          ${[...kept].map(([reason, count]) => html`<li>${count} × ${reason}</li>`)}
        </ul>`}`;
}

function runsOf(runs: readonly RunSummary[]): Html | undefined {
  if (runs.length === 0) return undefined;
  return section(
    'Runs in Nx',
    [
      'Image',
      'Target',
      '#Built',
      '#Local cache',
      '#Remote cache',
      '#Failed',
      '#Median time',
      'Builds, oldest first',
    ],
    runs.map(
      ({ image, target, built, localCache, remoteCache, failed, medianTime, times }) =>
        html`<tr>
          <th scope="row">${image}</th>
          <td><code>${target}</code></td>
          <td class="number">${built}</td>
          <td class="number">${localCache}</td>
          <td class="number">${remoteCache}</td>
          <td class="number">${failed}</td>
          <td class="number">${medianTime === null ? '–' : ms(medianTime)}</td>
          <td>${bars(times.slice(-30))}</td>
        </tr>`,
    ),
  );
}

/** A bar chart of build durations (ms), scaled to the longest. */
function bars(times: readonly number[]): Html | undefined {
  if (times.length === 0) return undefined;
  const longest = Math.max(...times, 1);
  const label = `from ${ms(Math.min(...times))} to ${ms(longest)}`;
  return html`<svg class="bars" viewBox="0 0 120 18" role="img" aria-label="${label}">
    ${times.map((time, at) => {
      const height = Math.max(1, (time / longest) * 18);
      return html`<rect x="${at * 4}" y="${18 - height}" width="3" height="${height}" />`;
    })}
  </svg>`;
}

/** A table with a heading; the heading alone when there are no rows. */
function section(heading: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<h2>${heading}</h2>
    ${rows.length === 0 ? undefined : table({ label: heading, columns, rows })}`;
}

function formatAge(time: string | null, now: number): string {
  const at = time === null ? NaN : Date.parse(time);
  return Number.isNaN(at) ? '–' : ms(Math.max(0, now - at), { long: true });
}
