import type { Digest } from '../../oci/digest.js';
import { minute } from '../../page/figures.js';
import { amount, html, type Html } from '../../page/html.js';
import { shortDigest } from '../../page/copyable.js';
import { table } from '../../page/table.js';
import { textOf } from './bounded-text.js';
import type { Documents } from './documents.js';
import { timeOf } from './image-facts.js';
import { imagePath } from './paths.js';

/** Maximum number of referrers on a page. */
const MAX_REFERRERS = 100;

/** Signatures, bills of materials and other artifacts that refer to an image; undefined when there are none. */
export async function referrerList(
  { reader, repository }: Documents,
  digest: Digest,
): Promise<Html | undefined> {
  const rows: Html[] = [];
  let isMore = false;
  for await (const each of reader.referrers(repository, digest)) {
    isMore = rows.length === MAX_REFERRERS;
    if (isMore) break;
    const { digest: referrer, artifactType, mediaType, size, annotations } = each;
    const created = timeOf(annotations?.['org.opencontainers.image.created']);
    rows.push(
      html`<tr>
        <th scope="row">
          <a href="${imagePath(repository, referrer)}">${textOf(artifactType) ?? mediaType}</a>
        </th>
        <td>${shortDigest(referrer)}</td>
        <td>${created === undefined ? '–' : minute(created)}</td>
        <td class="number">${amount(size)}</td>
      </tr>`,
    );
  }
  if (rows.length === 0) return undefined;
  return html`<h2>Referrers</h2>
    ${table({ label: 'Referrers', columns: ['Type', 'Digest', 'Created', '#Manifest'], rows })}
    ${isMore ? html`<p class="soft">More referrers are not shown.</p>` : undefined}`;
}
