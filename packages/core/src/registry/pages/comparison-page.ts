import type { Digest } from '../../oci/digest.js';
import { shortDigest } from '../../page/copyable.js';
import { figures, minute } from '../../page/figures.js';
import { amount, html, type Html } from '../../page/html.js';
import { table } from '../../page/table.js';
import { rowsOf } from './bounded-text.js';
import { Documents } from './documents.js';
import { readImageFacts, type ImageFacts } from './image-facts.js';
import { registryPage, type PageRequest } from './page-request.js';
import { imagePath, repositoryPath } from './paths.js';

/** The page about what two tags of a repository share; undefined when one of them does not exist or cannot be read. */
export async function comparisonPage(
  { reader }: PageRequest,
  name: string,
  tags: readonly [one: string, other: string],
): Promise<string | undefined> {
  const documents = new Documents(reader, name);
  const one = await readImageFacts(documents, tags[0]);
  const other = await readImageFacts(documents, tags[1]);
  if (!one || !other) return undefined;
  const [mine, theirs] = [layersOf(one), layersOf(other)];
  const shared = [...mine].filter(([digest]) => theirs.has(digest));
  const onlyMine = [...mine].filter(([digest]) => !theirs.has(digest));
  const onlyTheirs = [...theirs].filter(([digest]) => !mine.has(digest));
  return registryPage(
    `${tags[0]} and ${tags[1]} of ${name}`,
    html`<h1><a href="${repositoryPath(name)}">${name}</a>: ${tags[0]} and ${tags[1]}</h1>
      ${one.descriptor.digest === other.descriptor.digest
        ? html`<p>Both tags are the same image.</p>`
        : undefined}
      ${figures([
        [amount(bytesOf(shared)), 'in shared layers'],
        [amount(bytesOf(onlyMine)), `only in ${tags[0]}`],
        [amount(bytesOf(onlyTheirs)), `only in ${tags[1]}`],
      ])}
      ${table({
        caption: 'Images',
        columns: ['Tag', 'Digest', '#Created', 'Platforms', '#Size'],
        rows: [imageRow(name, tags[0], one), imageRow(name, tags[1], other)],
      })}
      ${layerSection('Shared layers', shared)} ${layerSection(`Only in ${tags[0]}`, onlyMine)}
      ${layerSection(`Only in ${tags[1]}`, onlyTheirs)}`,
    { name },
  );
}

/** A layer, with its size in bytes. */
type Layer = readonly [digest: Digest, size: number];

function layersOf({ images }: ImageFacts): ReadonlyMap<Digest, number> {
  const layers = images.flatMap(({ manifest }) => manifest?.layers ?? []);
  return new Map(layers.map(({ digest, size }) => [digest, size]));
}

function bytesOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, [, size]) => sum + size, 0);
}

function imageRow(name: string, tag: string, { descriptor, ...facts }: ImageFacts): Html {
  const { digest } = descriptor;
  const { created, platforms, size } = facts;
  return html`<tr>
    <th scope="row"><a href="${imagePath(name, digest)}">${tag}</a></th>
    <td>${shortDigest(digest)}</td>
    <td class="number">${created === undefined ? '–' : minute(created)}</td>
    <td>${platforms.join(', ')}</td>
    <td class="number">${amount(size)}</td>
  </tr>`;
}

function layerSection(heading: string, layers: readonly Layer[]): Html | undefined {
  if (layers.length === 0) return undefined;
  const rows = rowsOf(
    layers,
    2,
    ([digest, size]) =>
      html`<tr>
        <td>${shortDigest(digest)}</td>
        <td class="number">${amount(size)}</td>
      </tr>`,
  );
  return html`<h2>${heading}</h2>
    ${table({ label: heading, columns: ['Layer', '#Size'], rows })}`;
}
