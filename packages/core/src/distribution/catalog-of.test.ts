import { expect, it } from 'vitest';
import { clientOf } from '../../testing/registry-client.js';
import { catalogOf } from './catalog-of.js';

async function listed(pages: readonly unknown[]) {
  const { client, requests } = await clientOf(({ url = '' }, response) => {
    const at = Number(new URL(url, 'http://x').searchParams.get('at') ?? 0);
    const next = at + 1 < pages.length ? { link: `</v2/_catalog?at=${at + 1}>; rel="next"` } : {};
    response.writeHead(200, { 'content-type': 'application/json', ...next });
    response.end(JSON.stringify(pages[at]));
  });
  const names: string[] = [];
  for await (const name of catalogOf(client)) names.push(name);
  return { names, requests };
}

it('the repositories of all pages are listed', async () => {
  const { names, requests } = await listed([
    { repositories: ['a', 'team/b'] },
    { repositories: ['c'] },
  ]);
  expect(names).toEqual(['a', 'team/b', 'c']);
  expect(requests[0]).toBe('GET /v2/_catalog?n=1000');
});

it('what is no name of a repository is left out', async () => {
  const repositories = ['a', '../b', 'B', 7, null, 'c?d', ''];
  expect((await listed([{ repositories }])).names).toEqual(['a']);
  expect((await listed([{}])).names).toEqual([]);
});

it.each([
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [404, 'NOT_FOUND'],
])('a registry that refuses with %i is %s', async (status, code) => {
  const { client } = await clientOf((_, response) => response.writeHead(status).end());
  await expect(catalogOf(client)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code });
});
