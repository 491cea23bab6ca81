import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { flood } from '../../testing/listening.js';
import { clientOf } from '../../testing/registry-client.js';
import { readPages, type PagesRequest } from './pages.js';

async function pagesOf(answer: RequestListener, more: Partial<PagesRequest> = {}) {
  const { client, requests } = await clientOf(answer);
  const pages: string[] = [];
  const reading = (async () => {
    const request = { url: '/first', scope: 'repository:a:pull', ...more };
    for await (const page of readPages(client, request, 'the list')) pages.push(String(page));
  })();
  return { reading, pages, requests };
}

/** Answers `/N` with N, and a link to the next one up to `last`. */
const counting =
  (last: number, link = (next: number) => `</${next}>; rel="next"`): RequestListener =>
  ({ url }, response) => {
    const at = url === '/first' ? 0 : Number(url?.slice(1));
    response.writeHead(200, at < last ? { link: link(at + 1) } : {}).end(`${at}`);
  };

describe('the pages of a list', () => {
  it.each([
    ['a path', (next: number) => `</${next}>; rel="next"`],
    ['without quotes', (next: number) => `</${next}>;rel=next`],
    ['other links before it', (next: number) => `</x>; rel="first", </${next}>; rel="next"`],
  ])('follow the link: %s', async (_what, link) => {
    const { reading, pages } = await pagesOf(counting(2, link));
    await reading;
    expect(pages).toEqual(['0', '1', '2']);
  });

  it('are none where there is no list', async () => {
    const missing = await pagesOf((_, response) => response.writeHead(404).end());
    await missing.reading;
    expect(missing.pages).toEqual([]);
    const refused = await pagesOf((_, response) => response.writeHead(405).end(), {
      absent: [405],
    });
    await refused.reading;
    expect(refused.pages).toEqual([]);
  });

  it('are an error where a later one is missing', async () => {
    const { reading } = await pagesOf(({ url }, response) =>
      url === '/first'
        ? response.writeHead(200, { link: '</1>; rel="next"' }).end()
        : response.writeHead(404).end(),
    );
    await expect(reading).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['of another origin', '<http://other.example/1>; rel="next"'],
    ['that was read', '</first>; rel="next"'],
  ])('end at one %s', async (_what, link) => {
    const { reading, requests } = await pagesOf((_, response) =>
      response.writeHead(200, { link }).end('x'),
    );
    await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(requests).toHaveLength(1);
  });

  it('are at most a thousand', async () => {
    const { reading, pages } = await pagesOf(counting(Infinity));
    await expect(reading).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(pages).toHaveLength(1000);
  });

  it('have at most 16 MiB together', async () => {
    const { reading } = await pagesOf((_, response) => flood(response));
    await expect(reading).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});
