import { shortList } from '../../errors.js';
import { amount, html, type Html } from '../../page/html.js';
import { table } from '../../page/table.js';
import { renderTreemap } from '../../page/treemap.js';
import { counted, readableRepositories } from './front-page.js';
import { registryPage, textIn, type PageRequest } from './page-request.js';
import { repositoryPath } from './paths.js';

/** Maximum numbers of repositories and of blobs that one page measures. */
const MAX_REPOSITORIES = 500;
const MAX_BLOBS = 20_000;

interface Measured {
  readonly name: string;
  readonly bytes: number;
}

/** The page about the space that repositories take: a picture, and the same as a table. */
export async function spacePage(request: PageRequest): Promise<string> {
  const search = textIn(request.query, 'q');
  const names = await readableRepositories(request, search);
  const measured = await measure(request, names);
  const total = measured.reduce((sum, { bytes }) => sum + bytes, 0);
  return registryPage(
    'Space by repository',
    html`<h1>Space by repository</h1>
      <p class="soft">
        ${amount(total)} in ${counted(measured.length)}; content that several of them share counts
        in each.
      </p>
      ${notMeasured(names, measured)} ${total === 0 ? undefined : await picture(measured, total)}
      ${measured.length === 0 ? undefined : tableOf(measured)}`,
    { search },
  );
}

/** Measures repositories in the order of their names, as many as a page may; the result has the largest first. */
async function measure(
  { reader }: PageRequest,
  names: readonly string[],
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  let left = MAX_BLOBS;
  for (const name of names.slice(0, MAX_REPOSITORIES)) {
    const space = await reader.space(name, left);
    if (!space) continue;
    left -= space.blobs;
    measured.push({ name, bytes: space.bytes });
  }
  return measured.sort((one, other) => other.bytes - one.bytes);
}

function notMeasured(names: readonly string[], measured: readonly Measured[]): Html | undefined {
  const known = new Set(measured.map(({ name }) => name));
  const others = names.filter((name) => !known.has(name));
  if (others.length === 0) return undefined;
  return html`<p>
    Too much to measure at once: ${shortList(others)}. A search for a part of a name measures fewer.
  </p>`;
}

async function picture(measured: readonly Measured[], total: number): Promise<Html> {
  const groups = new Map<string, Measured[]>();
  for (const each of measured) {
    if (each.bytes === 0) continue;
    const [first = ''] = each.name.split('/');
    const group = groups.get(first);
    if (group) group.push(each);
    else groups.set(first, [each]);
  }
  const drawn = await renderTreemap({
    title: `Space by repository: ${counted(measured.length)}, ${amount(total)}`,
    groups: [...groups].map(([group, all]) => ({
      name: group,
      tiles: all.map(({ name, bytes }) => ({
        ...{ name: name.slice(group.length + 1) || name, bytes, shade: 1 },
        ...{ about: `${name}: ${amount(bytes)}`, href: repositoryPath(name) },
      })),
    })),
  });
  return html`<figure>${drawn}</figure>`;
}

function tableOf(measured: readonly Measured[]): Html {
  return table({
    caption: 'The largest first',
    columns: ['Repository', '#Size'],
    rows: measured.map(
      ({ name, bytes }) =>
        html`<tr>
          <th scope="row"><a href="${repositoryPath(name)}">${name}</a></th>
          <td class="number">${amount(bytes)}</td>
        </tr>`,
    ),
  });
}
