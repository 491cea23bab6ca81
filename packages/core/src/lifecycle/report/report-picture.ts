import { amount, html, type Html } from '../../page/html.js';
import type { Report, ReportedArchive } from './report.js';

const [WIDTH, HEIGHT] = [960, 420];
const DAY = 86_400_000;

/** Age groups by last use; the last group is for older archives. */
const AGES = [
  { days: 1, label: 'used today' },
  { days: 7, label: 'this week' },
  { days: 30, label: 'this month' },
  { days: 90, label: 'this quarter' },
  { days: Infinity, label: 'longer ago' },
] as const;

export const PICTURE_STYLE = `
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; }
.project { font-weight: 600; fill: currentColor; } .tile { stroke: light-dark(#fff, #0d1117); }
.age0 { fill: #0b4f8a; } .age1 { fill: #2a72ab; } .age2 { fill: #8ebfe0; } .age3 { fill: #c9dfee; } .age4 { fill: #e9e4d8; }
.on0, .on1 { fill: #fff; } .on2, .on3, .on4 { fill: #10212e; }
.hatch { fill: url(#hatch); } .goes { fill: none; stroke: #d1242f; stroke-width: 3; stroke-dasharray: 6 3; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; color: var(--soft); }
.legend svg { width: 1em; height: 1em; vertical-align: -.1em; margin-right: .35em; }
`;

interface Node {
  readonly name: string;
  readonly archive?: ReportedArchive;
  readonly at?: number;
  readonly children?: readonly Node[];
}

/**
 * A treemap of disk use by project and archive. Colour shows the last use, hatching the share of layers that other archives
 * have, too, and a dashed outline that `prune` would delete it. Undefined when no archive takes space.
 */
export async function renderTreemap(report: Report): Promise<Html | undefined> {
  const { archives, prune, created, bytes } = report;
  if (bytes === 0) return undefined;
  const { hierarchy, treemap } = await import('d3-hierarchy');
  const going = new Set(
    prune.decisions.flatMap(({ kind, path, action }) =>
      kind === 'archive' && action === 'delete' ? [path] : [],
    ),
  );
  const root = hierarchy<Node>({ name: '', children: projectsOf(report) }, (node) =>
    node.children ? [...node.children] : undefined,
  )
    .sum(({ archive }) => archive?.bytes ?? 0)
    .sort((one, other) => (other.value ?? 0) - (one.value ?? 0));
  const { children: groups = [] } = treemap<Node>()
    .size([WIDTH, HEIGHT])
    .paddingInner(2)
    .paddingTop(18)
    .round(true)(root);
  const now = Date.parse(created);
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="picture-title">
      <title id="picture-title">
        Disk by project and image: ${archives.length} archives, ${amount(bytes)}
      </title>
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">
          <path d="M0 6 6 0" stroke="#8888" stroke-width="1.5" />
        </pattern>
      </defs>
      ${groups.map(
        (group) =>
          html`<text class="project" x="${group.x0 + 2}" y="${group.y0 + 13}">
              ${truncateToWidth(
                `${group.data.name} · ${amount(group.value ?? 0)}`,
                group.x1 - group.x0,
              )}
            </text>
            ${(group.children ?? []).map(({ data, ...place }) =>
              data.archive ? tile(data.archive, data.at ?? 0, { ...place, going, now }) : undefined,
            )}`,
      )}
    </svg>
    ${legend()}
  </figure>`;
}

/** The archives that take space, by project. */
function projectsOf({ archives }: Report): Node[] {
  const projects = new Map<string, Node[]>();
  for (const [at, archive] of archives.entries()) {
    if (archive.bytes === 0) continue;
    const project = archive.project ?? 'no project';
    const nodes = projects.get(project) ?? [];
    projects.set(project, [...nodes, { name: archive.name, archive, at }]);
  }
  return [...projects].map(([name, nodes]) => ({ name, children: nodes }));
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

interface Place {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly going: ReadonlySet<string>;
  /** ms since 1970. */
  readonly now: number;
}

function tile(archive: ReportedArchive, at: number, { x0, y0, x1, y1, going, now }: Place): Html {
  const [width, height] = [x1 - x0, y1 - y0];
  const age = ageOf(archive, now);
  const shared = Math.min(1, archive.sharedBytes / archive.bytes) * height;
  const about = `${archive.name}: ${amount(archive.bytes)}, ${AGES[age]?.label ?? ''}`;
  return html`<a href="#archive-${at}">
    <title>${about}</title>
    <rect class="tile age${age}" x="${x0}" y="${y0}" width="${width}" height="${height}" />
    <rect class="hatch" x="${x0}" y="${y1 - shared}" width="${width}" height="${shared}" />
    ${going.has(archive.file)
      ? html`<rect
          class="goes"
          x="${x0 + 2}"
          y="${y0 + 2}"
          width="${Math.max(0, width - 4)}"
          height="${Math.max(0, height - 4)}"
        />`
      : undefined}
    ${height < 16
      ? undefined
      : html`<text class="on${age}" x="${x0 + 4}" y="${y0 + 13}"
          >${truncateToWidth(archive.name, width)}</text
        >`}
  </a>`;
}

function ageOf({ lastUsed, created }: ReportedArchive, now: number): number {
  const days = (now - Date.parse(lastUsed ?? created ?? '')) / DAY;
  const age = AGES.findIndex((each) => days < each.days);
  return age < 0 ? AGES.length - 1 : age;
}

/** Shortens a text to a width (px) at a font size of 11 px. */
function truncateToWidth(text: string, width: number): string {
  const most = Math.floor((width - 8) / 6);
  return text.length <= most ? text : most < 4 ? '' : `${text.slice(0, most - 1)}…`;
}

function swatch(shape: Html): Html {
  return html`<svg viewBox="0 0 10 10" aria-hidden="true">${shape}</svg>`;
}
