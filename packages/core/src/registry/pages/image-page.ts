import { isDigest, type Digest } from '../../oci/digest.js';
import { artifactTypeOf, ATTESTS, type ImageManifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-types.js';
import { copyable, shortDigest } from '../../page/copyable.js';
import { fields } from '../../page/fields.js';
import { minute } from '../../page/figures.js';
import { amount, html, type Html } from '../../page/html.js';
import { table } from '../../page/table.js';
import { entriesOf, rowsOf } from './bounded-text.js';
import { Documents } from './documents.js';
import { configOf, historyOf } from './image-config.js';
import { readImageFacts, type ImageFacts, type PlatformImage } from './image-facts.js';
import { readLayerUsers, type LayerUsers } from './layer-users.js';
import { registryPage, type PageRequest } from './page-request.js';
import { imagePath, repositoryPath } from './paths.js';
import { referrerList } from './referrer-list.js';

/** The page of an image, an index or an artifact; undefined when there is none of that digest. */
export async function imagePage(
  { reader, host }: PageRequest,
  name: string,
  digest: Digest,
): Promise<string | undefined> {
  const documents = new Documents(reader, name);
  const facts = await readImageFacts(documents, digest);
  if (!facts) return undefined;
  const { images, manifest, config, annotations } = facts;
  const users = await readLayerUsers(documents);
  const [image] = images;
  const layers = manifest.kind === 'image' ? manifest.layers : [];
  const annotated = fields(entriesOf(annotations));
  return registryPage(
    `${name}@${digest.slice(0, 19)}`,
    html`<h1><a href="${repositoryPath(name)}">${name}</a></h1>
      ${summary(facts, host, { name, users })}
      ${manifest.kind === 'index' ? platformTable(name, images) : undefined}
      ${manifest.kind === 'image' && image ? layerTable(manifest, users) : undefined}
      ${config && manifest.kind === 'image'
        ? html`${historyOf(config, layers)} ${configOf(config)}`
        : undefined}
      ${annotated &&
      html`<h2>Annotations</h2>
        ${annotated}`}
      ${await referrerList(documents, digest)}`,
    { name },
  );
}

function summary(
  facts: ImageFacts,
  host: string,
  { name, users }: { readonly name: string; readonly users: LayerUsers },
): Html | undefined {
  const { descriptor, manifest, size, created, platforms } = facts;
  const { digest, mediaType } = descriptor;
  const { subject } = manifest;
  const artifactType = artifactTypeOf(manifest);
  const shared = html`${amount(size)}, of which ${amount(sharedBytes(facts, users))} in layers
  shared with other images of this repository`;
  return fields([
    ['Digest', copyable(digest)],
    [
      'Tags',
      users
        .tagsOf(digest)
        .slice(0, 50)
        .map((tag) => html`${tag}`),
    ],
    ['Type', html`${artifactType ?? mediaType}`],
    [platforms.length === 1 ? 'Platform' : 'Platforms', platforms.map((each) => html`${each}`)],
    ['Created', created === undefined ? undefined : html`${minute(created)} UTC`],
    ['Size', shared],
    [
      'Refers to',
      subject && html`<a href="${imagePath(name, subject.digest)}">${subject.digest}</a>`,
    ],
    ...commandsFor(artifactType, `${host}/${name}@${digest}`),
  ]);
}

/** Commands that bring the content to a machine: an engine takes no artifacts. */
function commandsFor(artifactType: string | undefined, reference: string): [string, Html][] {
  if (artifactType !== undefined)
    return [['Copy', copyable(`stowage copy ${reference} artifact.tar`)]];
  return [
    ['Pull', copyable(`docker pull ${reference}`)],
    ['Load', copyable(`stowage load ${reference}`)],
  ];
}

/** Size of the layers that other images use, too, in bytes; each layer counts once. */
function sharedBytes({ images }: ImageFacts, users: LayerUsers): number {
  const shared = new Map<Digest, number>();
  for (const { manifest } of images)
    for (const { digest, size } of manifest?.layers ?? [])
      if (users.count(digest) > 1) shared.set(digest, size);
  return [...shared.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function platformTable(name: string, images: readonly PlatformImage[]): Html {
  return html`<h2>Platforms</h2>
    ${table({
      label: 'Platforms',
      columns: ['Platform', 'Digest', '#Layers', '#Size'],
      rows: rowsOf(images, 4, ({ descriptor, manifest, platform }) => {
        const { digest } = descriptor;
        const label = platform || labelOf(descriptor);
        const layers = manifest?.layers ?? [];
        return html`<tr>
          <th scope="row">
            ${manifest || isIndexType(descriptor.mediaType)
              ? html`<a href="${imagePath(name, digest)}">${label}</a>`
              : html`${label} <span class="soft">(not here)</span>`}
          </th>
          <td>${shortDigest(digest)}</td>
          <td class="number">${manifest ? layers.length : '–'}</td>
          <td class="number">
            ${manifest ? amount(layers.reduce((sum, { size }) => sum + size, 0)) : '–'}
          </td>
        </tr>`;
      }),
    })}`;
}

/** The kind of a manifest of an index that has no platform. */
function labelOf({ annotations, artifactType, mediaType }: PlatformImage['descriptor']): string {
  const attested = annotations?.[ATTESTS];
  if (attested !== undefined && isDigest(attested))
    return `attestation of ${attested.slice(0, 19)}`;
  return artifactType ?? mediaType;
}

function layerTable({ layers }: ImageManifest, users: LayerUsers): Html {
  return html`<h2>Layers</h2>
    ${table({
      label: 'Layers',
      columns: ['#No.', 'Layer', 'Type', '#Size', '#Images using it'],
      rows: rowsOf(
        layers,
        5,
        ({ digest, mediaType, size }, at) =>
          html`<tr>
            <td class="number">${at + 1}</td>
            <td>${shortDigest(digest)}</td>
            <td class="soft">${mediaType}</td>
            <td class="number">${amount(size)}</td>
            <td class="number">${users.count(digest) || 1}</td>
          </tr> `,
      ),
    })}`;
}
