import { amount, html, type Html } from './html.js';

const [WIDTH, HEIGHT] = [960, 420];

/** A picture of what takes space: a tile for each thing, with an area as its size, in groups. */
export interface Treemap {
  readonly title: string;
  readonly groups: readonly { readonly name: string; readonly tiles: readonly Tile[] }[];
}

export interface Tile {
  readonly name: string;
  /** Its name and facts in words. */
  readonly about: string;
  readonly href: string;
  /** In bytes, more than 0. */
  readonly bytes: number;
  /** From 0, dark, to 4, light. */
  readonly shade: number;
  /** The part that is hatched, from 0 to 1. */
  readonly hatched?: number;
  /** Whether it has a dashed outline. */
  readonly isOutlined?: boolean;
}

interface Node {
  readonly name: string;
  readonly tile?: Tile;
  readonly children?: readonly Node[];
}

/** Draws a treemap as SVG, its tiles as links. */
export async function renderTreemap({ title, groups }: Treemap): Promise<Html> {
  const { hierarchy, treemap } = await import('d3-hierarchy');
  const children = groups.map(({ name, tiles }) => ({
    name,
    children: tiles.map((tile) => ({ name: tile.name, tile })),
  }));
  const root = hierarchy<Node>({ name: '', children }, (node) =>
    node.children ? [...node.children] : undefined,
  )
    .sum(({ tile }) => tile?.bytes ?? 0)
    .sort((one, other) => (other.value ?? 0) - (one.value ?? 0));
  const { children: placed = [] } = treemap<Node>()
    .size([WIDTH, HEIGHT])
    .paddingInner(2)
    .paddingTop(18)
    .round(true)(root);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${title}">
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">
        <path d="M0 6 6 0" stroke="#8888" stroke-width="1.5" />
      </pattern>
    </defs>
    ${placed.map(
      (group) =>
        html`<text class="project" x="${group.x0 + 2}" y="${group.y0 + 13}">
            ${truncateToWidth(
              `${group.data.name} · ${amount(group.value ?? 0)}`,
              group.x1 - group.x0,
            )}
          </text>
          ${(group.children ?? []).map(({ data, ...place }) =>
            data.tile ? drawTile(data.tile, place) : undefined,
          )}`,
    )}
  </svg>`;
}

interface Place {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

function drawTile(tile: Tile, { x0, y0, x1, y1 }: Place): Html {
  const { name, about, href, shade, hatched = 0, isOutlined } = tile;
  const [width, height] = [x1 - x0, y1 - y0];
  return html`<a href="${href}" aria-label="${about}">
    <title>${about}</title>
    <rect class="tile age${shade}" x="${x0}" y="${y0}" width="${width}" height="${height}" />
    ${hatched === 0
      ? undefined
      : html`<rect
          class="hatch"
          x="${x0}"
          y="${y1 - hatched * height}"
          width="${width}"
          height="${hatched * height}"
        />`}
    ${isOutlined
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
      : html`<text class="on${shade}" x="${x0 + 4}" y="${y0 + 13}"
          >${truncateToWidth(name, width)}</text
        >`}
  </a>`;
}

/** Shortens a text to a width (px) at a font size of 11 px. */
function truncateToWidth(text: string, width: number): string {
  const most = Math.floor((width - 8) / 6);
  return text.length <= most ? text : most < 4 ? '' : `${text.slice(0, most - 1)}…`;
}
