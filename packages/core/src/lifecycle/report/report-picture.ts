import { amount, html, type Html } from '../../page/html.js';
import { renderTreemap, type Tile } from '../../page/treemap.js';
import type { Report, ReportedArchive } from './report.js';

const DAY = 86_400_000;

/** Age groups by last use; the last group is for older archives. */
const AGES = [
  { days: 1, label: 'used today' },
  { days: 7, label: 'this week' },
  { days: 30, label: 'this month' },
  { days: 90, label: 'this quarter' },
  { days: Infinity, label: 'longer ago' },
] as const;

/**
 * A treemap of disk use by project and archive. Colour shows the last use, hatching the share of layers that other archives
 * have, too, and a dashed outline that `prune` would delete it. Undefined when no archive takes space.
 */
export async function reportPicture(report: Report): Promise<Html | undefined> {
  const { archives, bytes } = report;
  if (bytes === 0) return undefined;
  const picture = await renderTreemap({
    title: `Disk by project and image: ${archives.length} archives, ${amount(bytes)}`,
    groups: projectsOf(report),
  });
  return html`<figure>${picture} ${legend()}</figure>`;
}

/** The archives that take space, by project. */
function projectsOf({ archives, prune, created }: Report) {
  const going = new Set(
    prune.decisions.flatMap(({ kind, path, action }) =>
      kind === 'archive' && action === 'delete' ? [path] : [],
    ),
  );
  const now = Date.parse(created);
  const projects = new Map<string, Tile[]>();
  for (const [at, archive] of archives.entries()) {
    const { name, file, bytes, sharedBytes, project } = archive;
    if (bytes === 0) continue;
    const shade = ageOf(archive, now);
    const isGoing = going.has(file);
    const facts = [
      amount(bytes),
      AGES[shade]?.label ?? '',
      ...(isGoing ? ['would be pruned'] : []),
    ];
    const tile = {
      ...{ name, bytes, shade, about: `${name}: ${facts.join(', ')}`, href: `#archive-${at}` },
      ...{ hatched: Math.min(1, sharedBytes / bytes), isOutlined: isGoing },
    };
    const tiles = projects.get(project ?? 'no project');
    if (tiles) tiles.push(tile);
    else projects.set(project ?? 'no project', [tile]);
  }
  return [...projects].map(([name, tiles]) => ({ name, tiles }));
}

function legend(): Html {
  return html`<ul class="legend">
    ${AGES.map(
      ({ label }, age) =>
        html`<li>${swatch(html`<rect class="age${age}" width="10" height="10" />`)}${label}</li>`,
    )}
    <li>
      ${swatch(html`<rect class="hatch" width="10" height="10" />`)}shared with other archives
    </li>
    <li>${swatch(html`<rect class="goes" width="10" height="10" />`)}would be pruned</li>
  </ul>`;
}

function ageOf({ lastUsed, created }: ReportedArchive, now: number): number {
  const days = (now - Date.parse(lastUsed ?? created ?? '')) / DAY;
  const age = AGES.findIndex((each) => days < each.days);
  return age < 0 ? AGES.length - 1 : age;
}

function swatch(shape: Html): Html {
  return html`<svg viewBox="0 0 10 10" aria-hidden="true">${shape}</svg>`;
}
