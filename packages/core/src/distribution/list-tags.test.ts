import { expect, it } from 'vitest';
import { clientOf } from '../../testing/registry-client.js';
import { listTags } from './list-tags.js';

async function tagsOf(...pages: readonly unknown[]) {
  const { client } = await clientOf(({ url = '' }, response) => {
    const at = Number(/page=(\d+)/.exec(url)?.[1] ?? 0);
    const link = at + 1 < pages.length ? { link: `</v2/a?page=${at + 1}>; rel="next"` } : {};
    response.writeHead(200, link).end(JSON.stringify(pages[at]));
  });
  const tags: string[] = [];
  for await (const tag of listTags(client, 'a', { scope: 'repository:a:pull' })) tags.push(tag);
  return tags;
}

it('tags of all pages are listed, and no text that is none', async () => {
  expect(await tagsOf({ tags: ['1', '../x', 'a/b', '', 7, null] }, { tags: ['2'] })).toEqual([
    '1',
    '2',
  ]);
});

it('an empty repository may have null in place of a list', async () => {
  expect(await tagsOf({ name: 'a', tags: null })).toEqual([]);
  expect(await tagsOf({})).toEqual([]);
});

it('something else than an object is INVALID', async () => {
  await expect(tagsOf(['1'])).rejects.toMatchObject({ code: 'INVALID' });
});
