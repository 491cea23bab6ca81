import { parseJsonObject } from '../oci/json.js';
import { readAll } from '../transfer/verified.js';
import type { RegistryClient } from './client.js';
import type { ScopedOptions } from './upload.js';

/** The tags of a repository, in pages (distribution spec 1.1 § Listing Tags); none of one that is not there yet. */
export async function* listTags(
  client: RegistryClient,
  repository: string,
  { scope, signal }: ScopedOptions,
): AsyncIterable<string> {
  let url: string | undefined = `/v2/${repository}/tags/list?n=1000`;
  while (url !== undefined) {
    const request = { method: 'GET', url, scope, expected: [200, 404], signal } as const;
    const answer = await client.request(request);
    const bytes = await readAll(answer.body);
    if (answer.status === 404) return;
    const { tags } = parseJsonObject(bytes, `the tags of ${repository}`);
    for (const tag of Array.isArray(tags) ? (tags as unknown[]) : [])
      if (typeof tag === 'string') yield tag;
    const [, next] = /<([^>]+)>;\s*rel="?next"?/.exec(answer.header('link') ?? '') ?? [];
    url = next === undefined ? undefined : new URL(next, answer.url).href;
  }
}
